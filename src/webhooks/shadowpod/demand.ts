/**
 * What a consumer's pod counts for under its Quota. The webhook sees the pod before an API server has checked it or filled
 * in anything, so both are done here as they will be then. Used by the validating webhook and by its running totals.
 * Kubernetes: pkg/apis/core/v1/defaults.go (SetDefaults_Pod, defaultPodRequests). Upstream: pkg/webhooks/shadowpod/spdescription.go
 */
import type { Container, ResourceRequirements } from "kubernetes-types/core/v1";
import type { Quota } from "#api/offloading/quota.ts";
import { podRequests, type SizedPodSpec } from "#machinery/pod.ts";
import { milliOf, parseQuantityMilli } from "#machinery/quantity.ts";

/** Amounts in thousandths, by resource name. */
export type Amounts = ReadonlyMap<string, bigint>;

export type LimitsEnforcement = NonNullable<NonNullable<Quota["spec"]>["limitsEnforcement"]>;

type Quantities = Readonly<Record<string, string>>;

/** What the pod will request, the requests that follow from its limits included. Impossible amounts count as nothing. */
export function demandOf(spec: SizedPodSpec | undefined): Amounts {
  const containers: SizedPodSpec = {
    containers: (spec?.containers ?? []).map(withRequests),
    initContainers: (spec?.initContainers ?? []).map(withRequests),
  };
  const { requests, limits } = spec?.resources ?? {};
  // A limit of the whole pod is a request where neither it nor any container has one.
  const resources = { requests: { ...nonNegative(limits), ...podRequests(containers), ...nonNegative(requests) } };
  const total = podRequests({ ...containers, resources, overhead: nonNegative(spec?.overhead) });
  return new Map(Object.entries(total).map(([name, text]) => [name, milliOf(text)]));
}

/** Why the amounts cannot be meant; undefined when they can. */
export function quantityProblem(spec: SizedPodSpec | undefined): string | undefined {
  for (const [where, list] of quantityLists(spec)) {
    for (const [name, text] of Object.entries(list ?? {})) {
      const amount = parseQuantityMilli(text);
      if (amount === undefined) return `${where}.${name}: not a quantity such as 100m or 64Mi`;
      if (amount < 0n) return `${where}.${name}: must not be negative, found ${text}`;
    }
  }
  return undefined;
}

/** Why the pod does not say what the enforcement wants said; undefined when it does. */
export function enforcementProblem(spec: SizedPodSpec | undefined, enforcement: LimitsEnforcement): string | undefined {
  if (enforcement === "None") return undefined;
  for (const [where, container] of containersOf(spec)) {
    const { requests = {} } = withRequests(container).resources ?? {};
    const missing = ["cpu", "memory"].filter((name) => requests[name] === undefined);
    if (missing.length > 0)
      return `${where}: ${missing.join(" and ")} must be requested, because the Quota's enforcement is ${enforcement}`;
    if (enforcement === "Hard" && !isEqual(requests, container.resources?.limits))
      return `${where}: requests must equal limits, because the Quota's enforcement is Hard`;
  }
  const { requests, limits } = spec?.resources ?? {};
  const summed = podRequests({ containers: [], ...spec, resources: {}, overhead: {} });
  const implied = Object.entries(summed).filter(([name]) => limits?.[name] !== undefined);
  if (enforcement === "Hard" && !isEqual({ ...Object.fromEntries(implied), ...requests }, limits))
    return "pod resources: requests must equal limits, because the Quota's enforcement is Hard";
  return undefined;
}

function containersOf(spec: SizedPodSpec | undefined): [where: string, container: Container][] {
  return [
    ...(spec?.containers ?? []).map((each): [string, Container] => [`container ${each.name}`, each]),
    ...(spec?.initContainers ?? []).map((each): [string, Container] => [`init container ${each.name}`, each]),
  ];
}

function quantityLists(spec: SizedPodSpec | undefined): [where: string, list: Quantities | undefined][] {
  const both = (where: string, resources: ResourceRequirements | undefined): [string, Quantities | undefined][] => [
    [`${where}: requests`, resources?.requests],
    [`${where}: limits`, resources?.limits],
  ];
  return [
    ...containersOf(spec).flatMap(([where, { resources }]) => both(where, resources)),
    ...both("pod resources", spec?.resources),
    ["overhead", spec?.overhead],
  ];
}

function withRequests(container: Container): Container {
  const { requests, limits } = container.resources ?? {};
  return { ...container, resources: { requests: { ...nonNegative(limits), ...nonNegative(requests) } } };
}

function nonNegative(list: Quantities | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(list ?? {}).filter(([, text]) => (parseQuantityMilli(text) ?? -1n) >= 0n));
}

function isEqual(requests: Quantities | undefined, limits: Quantities | undefined): boolean {
  const names = Object.keys({ ...requests, ...limits });
  return names.every((name) => {
    const [request, limit] = [requests?.[name] ?? limits?.[name], limits?.[name]];
    return limit !== undefined && milliOf(request) === milliOf(limit);
  });
}
