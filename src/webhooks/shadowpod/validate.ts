/** Holds a consumer to its Quota. Upstream: pkg/webhooks/shadowpod (Validator) */
import type { PodSpec } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type Quota, quotas } from "#api/offloading/quota.ts";
import { type ShadowPod, shadowPods } from "#api/offloading/shadow.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { namespaces } from "#machinery/builtin.ts";
import { podRequests } from "#machinery/pod.ts";
import { formatMilli, milliOf } from "#machinery/quantity.ts";
import type { Deps } from "../deps.ts";
import { type Amounts, creatorOf, QuotaUsage } from "./usage.ts";

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
    const key = { namespace: request.namespace ?? "", name: request.name ?? "" };
    if (request.dryRun !== true) usage.reserve(key, shadow, nowMs);
    return ALLOWED;
  };
}

/** Why the pod does not fit; undefined when it does. */
export function quotaProblem(quota: Quota, pod: PodSpec | undefined, used: Amounts): string | undefined {
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
    const free = milliOf(hard) - (used.get(name) ?? 0n);
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
