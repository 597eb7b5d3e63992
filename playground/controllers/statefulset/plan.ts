/** The next steps of a StatefulSet, as pure decisions. Kubernetes: pkg/controller/statefulset/stateful_set_control.go */
import type { StatefulSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { isReady, isTerminal, isTerminating } from "#machinery/pod.ts";
import { shortHash } from "../pods.ts";

// Kubernetes: apps.StatefulSetRevisionLabel
export const REVISION = "controller-revision-hash";

export type StatefulStep =
  | { readonly do: "create"; readonly ordinal: number; readonly revision: string }
  | { readonly do: "delete"; readonly pod: Pod }
  | { readonly do: "wait" };

/** Next steps: one at a time when ordered, all at once with podManagementPolicy Parallel. */
export function planStateful(set: StatefulSet, owned: readonly Pod[], current: string): StatefulStep[] {
  const replicas = set.spec?.replicas ?? 1;
  const start = set.spec?.ordinals?.start ?? 0;
  const isParallel = set.spec?.podManagementPolicy === "Parallel";
  const byOrdinal = new Map(owned.map((pod) => [ordinalOf(set, pod), pod]));
  const steps: StatefulStep[] = [];
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) steps.push({ do: "create", ordinal, revision: revisionAt(set, ordinal, current) });
    else if (isTerminal(pod) && !isTerminating(pod)) steps.push({ do: "delete", pod });
    else if (isTerminating(pod) || !isReady(pod)) steps.push({ do: "wait" });
    if (!isParallel && steps.length > 0) return steps;
  }
  const surplus = owned
    .filter((pod) => ordinalOf(set, pod) >= start + replicas)
    .sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  const sick = [...owned].sort((a, b) => ordinalOf(set, a) - ordinalOf(set, b)).find((pod) => !isHealthy(pod));
  for (const pod of surplus) {
    // In order each waits for the health of all before it: one that is not well goes only if it is the first such.
    if (!isParallel && (isTerminating(pod) || (!isHealthy(pod) && pod !== sick))) return [{ do: "wait" }];
    if (!isTerminating(pod)) steps.push({ do: "delete", pod });
    if (!isParallel) return steps;
  }
  if (steps.length > 0 || set.spec?.updateStrategy?.type === "OnDelete") return steps;
  return rollStep(set, owned, start);
}

/** Rolling update: from the highest ordinal down to the partition. */
function rollStep(set: StatefulSet, owned: readonly Pod[], start: number): StatefulStep[] {
  const partition = start + (set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
  const newest = revisionOf(set);
  const outdated = owned
    .filter((pod) => revisionOfPod(pod) !== newest && ordinalOf(set, pod) >= partition && !isTerminating(pod))
    .sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  const [pod] = outdated;
  return pod === undefined ? [] : [{ do: "delete", pod }];
}

/** Below the partition a pod stays of the revision before, also one that is made again. */
function revisionAt(set: StatefulSet, ordinal: number, current: string): string {
  const { type = "RollingUpdate", rollingUpdate } = set.spec?.updateStrategy ?? {};
  const start = set.spec?.ordinals?.start ?? 0;
  const kept = rollingUpdate === undefined ? (set.status?.currentReplicas ?? 0) : (rollingUpdate.partition ?? 0);
  return type === "RollingUpdate" && ordinal < start + kept ? current : revisionOf(set);
}

function isHealthy(pod: Pod): boolean {
  return isReady(pod) && !isTerminating(pod);
}

export function revisionOfPod({ metadata }: Pod): string {
  return metadata?.labels?.[REVISION] ?? "";
}

export function revisionOf(set: StatefulSet): string {
  return `${set.metadata?.name}-${shortHash(set.spec?.template)}`;
}

function ordinalOf(set: StatefulSet, pod: Pod): number {
  return Number((pod.metadata?.name ?? "").slice((set.metadata?.name ?? "").length + 1));
}
