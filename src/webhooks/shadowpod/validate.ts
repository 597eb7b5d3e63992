/** Holds a consumer to its Quota. Upstream: pkg/webhooks/shadowpod (Validator) */
import { isDeepStrictEqual } from "node:util";
import type { Container, PodSpec } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type Quota, quotas } from "#api/offloading/quota.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import type { AdmissionRequest } from "#kube/webhook-server/review.ts";
import { type AdmissionAnswer, type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { SizedPodSpec } from "#machinery/pod.ts";
import { formatMilli, formatOf, milliOf } from "#machinery/quantity.ts";
import type { Deps } from "../deps.ts";
import { type Amounts, demandOf, enforcementProblem, quantityProblem } from "./demand.ts";
import { creatorOf, QuotaUsage } from "./usage.ts";

export function validateShadowPod(deps: Deps): AdmissionHandler {
  const quotaInformer = deps.informers.for(quotas);
  const namespaceInformer = deps.informers.for(namespaces);
  const usage = new QuotaUsage();
  const quotaOf = (user: string): Quota | undefined =>
    quotaInformer.store.list().find(({ spec }) => spec?.user === user);
  const seen = (shadow: ShadowPod): void => usage.seen(shadow);
  deps.informers.for(shadowPods).addHandler({ added: seen, updated: seen, deleted: (shadow) => usage.gone(shadow) });
  return async (_ctx, request) => {
    const shadow = request.object as ShadowPod;
    const nowMs = deps.clock.nowMs();
    const key = { namespace: request.namespace ?? "", name: nameOf(request) };
    if (request.operation === "UPDATE") {
      const previous = request.oldObject as ShadowPod;
      const answer = updateAnswer(shadow, previous);
      if (!answer.allowed || isSameSize(shadow, previous)) return answer;
      const problem = resizeProblem(
        quotaOf(creatorOf(previous)),
        shadow,
        previous,
        usage.of(creatorOf(previous), nowMs),
      );
      if (problem !== undefined) return denied(problem);
      if (request.dryRun !== true) usage.reserveGrowth(key, shadow, previous, nowMs);
      return ALLOWED;
    }
    const origin = shadow.metadata?.labels?.[labels.ORIGIN];
    const owner = namespaceInformer.store.get({ name: request.namespace ?? "" })?.metadata?.labels?.[
      labels.REMOTE_CLUSTER_ID
    ];
    if (origin === undefined || origin !== owner) {
      return denied(
        `shadowpod namespace ${request.namespace} belongs to cluster ${owner ?? "<none>"}, the ShadowPod comes from ${origin ?? "<none>"}`,
      );
    }
    const creator = creatorOf(shadow);
    const quota = quotaOf(creator);
    if (quota === undefined) return denied(`user ${creator} has no Quota`);
    if (quota.spec?.cordoned === true)
      return denied(`Quota ${quota.metadata?.name} is cordoned: no new pods are accepted`);
    const problem = quotaProblem(quota, shadow.spec?.pod, usage.of(creator, nowMs));
    if (problem !== undefined) return denied(problem);
    if (request.dryRun !== true) usage.reserve(key, shadow, nowMs);
    return ALLOWED;
  };
}

/** Why the pod does not fit; undefined when it does. `held`: what of `used` is the pod's own, which it may keep. */
export function quotaProblem(
  quota: Quota,
  pod: PodSpec | undefined,
  used: Amounts,
  held: Amounts = new Map(),
): string | undefined {
  const { limitsEnforcement = "None", resources = {} } = quota.spec ?? {};
  const problem = quantityProblem(pod) ?? enforcementProblem(pod, limitsEnforcement);
  if (problem !== undefined) return problem;
  for (const [name, amount] of demandOf(pod)) {
    const own = held.get(name) ?? 0n;
    if (held.has(name) && amount <= own) continue;
    const hard = resources[name];
    if (hard === undefined) return `resource ${name} is not part of the Quota`;
    const free = milliOf(hard) - (used.get(name) ?? 0n) + own;
    if (amount > free)
      return `exceeded quota: requested ${name}=${formatMilli(amount, formatOf(hard))}, available ${formatMilli(free < 0n ? 0n : free, formatOf(hard))} of ${hard}`;
  }
  return undefined;
}

/** Why the pod may not have its new size; undefined when it may. What it has already is its own. */
export function resizeProblem(
  quota: Quota | undefined,
  next: ShadowPod,
  previous: ShadowPod,
  used: Amounts,
): string | undefined {
  if (quota === undefined) return `user ${creatorOf(previous)} has no Quota`;
  return quotaProblem(quota, next.spec?.pod, used, demandOf(previous.spec?.pod));
}

/** What a reservation goes by. Without a name yet, each request has one of its own. */
function nameOf({ name = "", object, uid }: AdmissionRequest): string {
  const own = name === "" ? (object?.metadata?.name ?? "") : name;
  return own === "" ? `request ${uid}` : own;
}

const CHANGEABLE = {
  activeDeadlineSeconds: undefined,
  ephemeralContainers: undefined,
  resources: undefined,
  tolerations: undefined,
} as const satisfies { readonly [Field in keyof SizedPodSpec]?: undefined };

/** What a pod may change while it runs; what it then counts for is checked apart. */
export function updateAnswer(next: ShadowPod, previous: ShadowPod): AdmissionAnswer {
  const originOf = ({ metadata }: ShadowPod): string | undefined => metadata?.labels?.[labels.ORIGIN];
  if (originOf(next) !== originOf(previous)) return denied(`label ${labels.ORIGIN} is immutable`);
  const frozen = ({ spec }: ShadowPod): object => {
    const pod = structuredClone(spec?.pod);
    for (const container of containersOf(pod)) Object.assign(container, { image: "", resources: {} });
    return { ...pod, ...CHANGEABLE };
  };
  return isDeepStrictEqual(frozen(next), frozen(previous))
    ? ALLOWED
    : denied(
        "only images and resources of containers, resources, ephemeralContainers, activeDeadlineSeconds and tolerations of a ShadowPod can be changed",
      );
}

function isSameSize(next: ShadowPod, previous: ShadowPod): boolean {
  const sizesOf = ({ spec }: ShadowPod): unknown[] => {
    const pod: Partial<SizedPodSpec> | undefined = spec?.pod;
    return [pod?.resources, ...containersOf(spec?.pod).map(({ resources }) => resources)].map((size) => size ?? {});
  };
  return isDeepStrictEqual(sizesOf(next), sizesOf(previous));
}

function containersOf(pod: PodSpec | undefined): Container[] {
  return [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])];
}
