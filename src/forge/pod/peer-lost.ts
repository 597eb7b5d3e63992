/**
 * What becomes of a pod when the cluster that it runs in is lost, by an annotation of the pod. Not in upstream, where
 * Kubernetes' tolerations alone say it.
 */
import type { Toleration } from "kubernetes-types/core/v1";
import { ON_PEER_LOST } from "#api/annotations.ts";
import { parseDuration } from "#base/duration.ts";

/** Of a node that is lost. Kubernetes: well-known taints (kubernetes.io/docs/reference/labels-annotations-taints) */
const LOST_TAINTS = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;
const MOST_SECONDS = 2 ** 31 - 1;
const ALLOWED_VALUES = "move-after=<duration>, stay or never-duplicate";

/**
 * `move`: replaced after as many seconds, while the lost one may still run. `stay`: not replaced. `never-duplicate`: nor
 * where somebody deletes it, or its node at the provider fails, until it is known to have ended.
 */
export type PeerLostPolicy =
  | { readonly kind: "move"; readonly afterSeconds: number }
  | { readonly kind: "stay" }
  | { readonly kind: "never-duplicate" };

/** Undefined where the pod says nothing; throws a RangeError that names what was found. */
export function peerLostPolicy(annotations: Readonly<Record<string, string>> | undefined): PeerLostPolicy | undefined {
  const text = annotations?.[ON_PEER_LOST];
  if (text === undefined) return undefined;
  if (text === "stay" || text === "never-duplicate") return { kind: text };
  const [, duration] = /^move-after=(.*)$/s.exec(text) ?? [];
  const afterMs = duration === undefined ? undefined : parseDuration(duration);
  if (afterMs !== undefined && afterMs >= 0 && afterMs / 1_000 <= MOST_SECONDS)
    return { kind: "move", afterSeconds: Math.ceil(afterMs / 1_000) };
  throw new RangeError(
    `metadata.annotations[${ON_PEER_LOST}]: ${JSON.stringify(text)} is none of ${ALLOWED_VALUES}, as in move-after=30s`,
  );
}

/** Whether it may run nowhere else before it is known to have ended; what cannot be read says nothing. */
export function mayNotBeDuplicated(annotations: Readonly<Record<string, string>> | undefined): boolean {
  return annotations?.[ON_PEER_LOST] === "never-duplicate";
}

/** In place of what the pod says of those taints: Kubernetes has added 300 s by then, and nobody knows who wrote them. */
export function withPeerLost(tolerations: readonly Toleration[], policy: PeerLostPolicy): Toleration[] {
  const others = tolerations.filter(({ key }) => !LOST_TAINTS.some((taint) => taint === key));
  const seconds = policy.kind === "move" ? { tolerationSeconds: policy.afterSeconds } : {};
  return [...others, ...LOST_TAINTS.map((key) => ({ key, operator: "Exists", effect: "NoExecute", ...seconds }))];
}

/** For how long the pod bears that its node is lost: seconds, or for ever. Kubernetes: pkg/controller/tainteviction */
export function lostToleration(tolerations: readonly Toleration[] | undefined): number {
  const ofTaint = LOST_TAINTS.map((taint) => {
    const bearing = (tolerations ?? []).filter(
      ({ key = "", effect = "" }) => (key === "" || key === taint) && (effect === "" || effect === "NoExecute"),
    );
    const seconds = bearing.map(({ tolerationSeconds = Number.POSITIVE_INFINITY }) => tolerationSeconds);
    return bearing.length === 0 ? 0 : Math.max(0, Math.min(...seconds));
  });
  return Math.min(...ofTaint);
}
