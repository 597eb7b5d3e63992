/**
 * Readiness gates of an offloaded pod. Who opens them looks at the pod at home and sets its conditions there, and nobody may
 * write them at the provider: so the provider's pod has none, and what its kubelet calls Ready is ready at home once the
 * gates are open, too. Kubernetes: pkg/kubelet/status/generate.go (GeneratePodReadyCondition)
 */
import type { Pod, PodCondition } from "kubernetes-types/core/v1";
import { findCondition } from "#machinery/conditions.ts";

const NOT_OPEN = "ReadinessGatesNotReady";

/** The provider's conditions with the gates' as they are at home, and Ready as both together make it. */
export function withReadinessGates({ spec, status }: Pod, remote: readonly PodCondition[]): readonly PodCondition[] {
  const gates = gatesOf(spec);
  if (gates.length === 0) return remote;
  const own = gates.flatMap((type) => findCondition(status?.conditions, type) ?? findCondition(remote, type) ?? []);
  const others = remote.filter(({ type }) => !gates.includes(type));
  return [
    ...others.map((condition) => (condition.type === "Ready" ? readyCondition(condition, gates, own) : condition)),
    ...own,
  ];
}

export function isReadinessGate({ spec }: Pod, type: string): boolean {
  return gatesOf(spec).includes(type);
}

function gatesOf(spec: Pod["spec"]): string[] {
  return (spec?.readinessGates ?? []).map(({ conditionType }) => conditionType);
}

/** The time is that of the last step, so that the same input gives the same condition. */
function readyCondition(remote: PodCondition, gates: readonly string[], own: readonly PodCondition[]): PodCondition {
  if (remote.status !== "True") return remote;
  const times = [remote, ...own].flatMap(({ lastTransitionTime }) => lastTransitionTime ?? []).sort();
  const lastTransitionTime = times.at(-1);
  const problems = gates.flatMap((type) => problemOf(type, findCondition(own, type)));
  return {
    ...remote,
    ...(lastTransitionTime !== undefined && { lastTransitionTime }),
    ...(problems.length > 0 && { status: "False", reason: NOT_OPEN, message: problems.join(", ") }),
  };
}

function problemOf(type: string, condition: PodCondition | undefined): string[] {
  if (condition === undefined) return [`corresponding condition of pod readiness gate "${type}" does not exist.`];
  if (condition.status === "True") return [];
  return [`the status of pod readiness gate "${type}" is not "True", but ${condition.status}`];
}
