/** Holds a consumer to its Quota. Upstream: pkg/webhooks/shadowpod (Validator) */
import { isDeepStrictEqual } from "node:util";
import type { PodSpec } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type Quota, quotas } from "#api/offloading/quota.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import type { AdmissionRequest } from "#kube/webhook-server/review.ts";
import { type AdmissionAnswer, type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { namespaces } from "#machinery/builtin.ts";
import { formatMilli, formatOf, milliOf } from "#machinery/quantity.ts";
import type { Deps } from "../deps.ts";
import { type Amounts, demandOf, enforcementProblem, quantityProblem } from "./demand.ts";
import { creatorOf, QuotaUsage } from "./usage.ts";

export function validateShadowPod(deps: Deps): AdmissionHandler {
  const quotaInformer = deps.informers.for(quotas);
  const namespaceInformer = deps.informers.for(namespaces);
  const usage = new QuotaUsage();
  const seen = (shadow: ShadowPod): void => usage.seen(shadow);
  deps.informers.for(shadowPods).addHandler({ added: seen, updated: seen, deleted: (shadow) => usage.gone(shadow) });
  return async (_ctx, request) => {
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
    const creator = creatorOf(shadow);
    const quota = quotaInformer.store.list().find(({ spec }) => spec?.user === creator);
    if (quota === undefined) return denied(`user ${creator} has no Quota`);
    if (quota.spec?.cordoned === true)
      return denied(`Quota ${quota.metadata?.name} is cordoned: no new pods are accepted`);
    const nowMs = performance.now();
    const problem = quotaProblem(quota, shadow.spec?.pod, usage.of(creator, nowMs));
    if (problem !== undefined) return denied(problem);
    const key = { namespace: request.namespace ?? "", name: nameOf(request) };
    if (request.dryRun !== true) usage.reserve(key, shadow, nowMs);
    return ALLOWED;
  };
}

/** Why the pod does not fit; undefined when it does. */
export function quotaProblem(quota: Quota, pod: PodSpec | undefined, used: Amounts): string | undefined {
  const { limitsEnforcement = "None", resources = {} } = quota.spec ?? {};
  const problem = quantityProblem(pod) ?? enforcementProblem(pod, limitsEnforcement);
  if (problem !== undefined) return problem;
  for (const [name, amount] of demandOf(pod)) {
    const hard = resources[name];
    if (hard === undefined) return `resource ${name} is not part of the Quota`;
    const free = milliOf(hard) - (used.get(name) ?? 0n);
    if (amount > free)
      return `exceeded quota: requested ${name}=${formatMilli(amount, formatOf(hard))}, available ${formatMilli(free < 0n ? 0n : free, formatOf(hard))} of ${hard}`;
  }
  return undefined;
}

/** What a reservation goes by. Without a name yet, each request has one of its own. */
function nameOf({ name = "", object, uid }: AdmissionRequest): string {
  const own = name === "" ? (object?.metadata?.name ?? "") : name;
  return own === "" ? `request ${uid}` : own;
}

/** What was counted stays as it was counted. */
export function updateAnswer(next: ShadowPod, previous: ShadowPod): AdmissionAnswer {
  const originOf = ({ metadata }: ShadowPod): string | undefined => metadata?.labels?.[labels.ORIGIN];
  if (originOf(next) !== originOf(previous)) return denied(`label ${labels.ORIGIN} is immutable`);
  const frozen = ({ spec }: ShadowPod): object => {
    const pod = structuredClone(spec?.pod);
    for (const container of [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])]) container.image = "";
    return { ...pod, activeDeadlineSeconds: undefined, tolerations: undefined };
  };
  return isDeepStrictEqual(frozen(next), frozen(previous))
    ? ALLOWED
    : denied("only images, activeDeadlineSeconds and tolerations of a ShadowPod can be changed");
}
