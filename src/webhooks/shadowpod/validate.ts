/**
 * Holds a consumer to its Quota. Upstream: pkg/webhooks/shadowpod (Validator). The pods in use are counted from the
 * ShadowPods themselves, plus those admitted a moment ago that the cache does not show yet.
 */
import type { PodSpec } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type Quota, quotas } from "#api/offloading/quota.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { namespaces } from "#machinery/builtin.ts";
import { podRequests } from "#machinery/pod.ts";
import { formatMilli, milliOf } from "#machinery/quantity.ts";
import type { Deps } from "../deps.ts";

const PENDING_MS = 10_000;

export function validateShadowPod(deps: Deps): AdmissionHandler {
  const quotaInformer = deps.informers.for(quotas);
  const shadows = deps.informers.for(shadowPods);
  const namespaceInformer = deps.informers.for(namespaces);
  const pending = new Map<string, { pod: ShadowPod; atMs: number }>();
  return async (_ctx, request) => {
    const key = `${request.namespace}/${request.name}`;
    if (request.operation === "DELETE") {
      pending.delete(key);
      return ALLOWED;
    }
    const shadow = request.object as ShadowPod;
    if (request.operation === "UPDATE") return updateAnswer(shadow, request.oldObject as ShadowPod);
    const origin = shadow.metadata?.labels?.[labels.ORIGIN];
    const owner = namespaceInformer.store.get({ name: request.namespace ?? "" })?.metadata?.labels?.[
      labels.REMOTE_CLUSTER_ID
    ];
    if (origin === undefined || origin !== owner) {
      return denied(
        `shadowpod namespace ${request.namespace} belongs to cluster ${owner ?? "<none>"}, the ShadowPod comes from ${origin ?? "<none>"}`,
      );
    }
    const creator = shadow.metadata?.labels?.[labels.CREATOR_USER] ?? "";
    const quota = quotaInformer.store.list().find(({ spec }) => spec?.user === creator);
    if (quota === undefined) return denied(`user ${creator} has no Quota`);
    if (quota.spec?.cordoned === true)
      return denied(`Quota ${quota.metadata?.name} is cordoned: no new pods are accepted`);
    for (const [name, entry] of pending) {
      const isSeen =
        shadows.store.get({ namespace: entry.pod.metadata?.namespace ?? "", name: entry.pod.metadata?.name ?? "" }) !==
        undefined;
      if (isSeen || performance.now() - entry.atMs > PENDING_MS) pending.delete(name);
    }
    const others = [...shadows.store.list(), ...[...pending.values()].map(({ pod }) => pod)].filter(
      (other) => other.metadata?.labels?.[labels.CREATOR_USER] === creator && !isFinished(other),
    );
    const problem = quotaProblem(
      quota,
      shadow.spec?.pod,
      others.map(({ spec }) => spec?.pod),
    );
    if (problem !== undefined) return denied(problem);
    if (request.dryRun !== true)
      pending.set(key, {
        pod: {
          ...shadow,
          metadata: { ...shadow.metadata, namespace: request.namespace ?? "", name: request.name ?? "" },
        },
        atMs: performance.now(),
      });
    return ALLOWED;
  };
}

/** A finished pod holds nothing any more. */
function isFinished({ status }: ShadowPod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Why the pod does not fit; undefined when it does. */
export function quotaProblem(
  quota: Quota,
  pod: PodSpec | undefined,
  others: readonly (PodSpec | undefined)[],
): string | undefined {
  const { limitsEnforcement = "None", resources = {} } = quota.spec ?? {};
  const requests = podRequests(pod);
  if (limitsEnforcement !== "None") {
    const missing = ["cpu", "memory"].filter((name) => requests[name] === undefined);
    if (missing.length > 0)
      return `${missing.join(" and ")} must be requested, because the Quota's enforcement is ${limitsEnforcement}`;
  }
  if (limitsEnforcement === "Hard") {
    for (const { name, resources: own } of pod?.containers ?? []) {
      const differs = Object.keys({ ...own?.requests, ...own?.limits }).some(
        (key) => own?.requests?.[key] !== own?.limits?.[key],
      );
      if (differs) return `container ${name}: requests must equal limits, because the Quota's enforcement is Hard`;
    }
  }
  for (const [name, amount] of Object.entries(requests)) {
    const hard = resources[name];
    if (hard === undefined) return `resource ${name} is not part of the Quota`;
    const used = others.reduce((sum, other) => sum + milliOf(podRequests(other)[name]), 0n);
    const free = milliOf(hard) - used;
    if (milliOf(amount) > free)
      return `exceeded quota: requested ${name}=${amount}, available ${formatMilli(free < 0n ? 0n : free)} of ${hard}`;
  }
  return undefined;
}

function updateAnswer(next: ShadowPod, previous: ShadowPod): ReturnType<typeof denied> {
  const frozen = ({ spec }: ShadowPod): string => {
    const pod = structuredClone(spec?.pod);
    for (const container of [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])]) container.image = "";
    return JSON.stringify({ ...pod, activeDeadlineSeconds: undefined, tolerations: undefined });
  };
  return frozen(next) === frozen(previous)
    ? ALLOWED
    : denied("only images, activeDeadlineSeconds and tolerations of a ShadowPod can be changed");
}
