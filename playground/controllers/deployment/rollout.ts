/** How many replicas each ReplicaSet of a Deployment should have next. Kubernetes: pkg/controller/deployment/{rolling,recreate,sync}.go */
import type { Deployment, ReplicaSet } from "kubernetes-types/apps/v1";

export interface Scale {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** `25%` or `3` of `total`; percentages round up for surge and down for unavailability. */
export function intOrPercent(value: string | number | undefined, total: number, round: "up" | "down"): number {
  if (value === undefined) return 0;
  if (typeof value === "number") return value;
  const exact = (Number.parseFloat(value) / 100) * total;
  return round === "up" ? Math.ceil(exact) : Math.floor(exact);
}

export function limits(deployment: Deployment): { maxSurge: number; maxUnavailable: number } {
  const replicas = deployment.spec?.replicas ?? 1;
  const { maxSurge, maxUnavailable } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = intOrPercent(maxSurge, replicas, "up");
  const unavailable = intOrPercent(maxUnavailable, replicas, "down");
  // Both 0 would never make progress.
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : Math.min(unavailable, replicas) };
}

/** The next step towards what the Deployment asks for. */
export function planScale(deployment: Deployment, newReplicaSet: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  if (deployment.spec?.paused === true) return planPaused(deployment, newReplicaSet, old);
  const isRecreate = deployment.spec?.strategy?.type === "Recreate";
  return isRecreate ? planRecreate(deployment, newReplicaSet, old) : planRolling(deployment, newReplicaSet, old);
}

/** A paused deployment still scales when it has one live set. */
function planPaused(deployment: Deployment, newReplicaSet: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const [only, ...others] = [newReplicaSet, ...old].filter((set) => (set.spec?.replicas ?? 0) > 0);
  const wanted = deployment.spec?.replicas ?? 1;
  if (only === undefined || others.length > 0 || only.spec?.replicas === wanted) return [];
  return [{ set: only, replicas: wanted }];
}

/** The next step of a rolling update: grow the new set within the surge, then shrink old ones within the unavailability. */
export function planRolling(deployment: Deployment, newReplicaSet: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const wanted = deployment.spec?.replicas ?? 1;
  const { maxSurge, maxUnavailable } = limits(deployment);
  const all = [newReplicaSet, ...old];
  const total = sum(all, (set) => set.spec?.replicas ?? 0);
  const current = newReplicaSet.spec?.replicas ?? 0;
  if (current > wanted) return [{ set: newReplicaSet, replicas: wanted }];
  if (current < wanted) {
    const grown = Math.min(wanted, current + Math.max(0, wanted + maxSurge - total));
    if (grown > current) return [{ set: newReplicaSet, replicas: grown }];
  }
  return shrinkOld(wanted, maxUnavailable, newReplicaSet, old);
}

function shrinkOld(
  wanted: number,
  maxUnavailable: number,
  newReplicaSet: ReplicaSet,
  old: readonly ReplicaSet[],
): Scale[] {
  const replicas = new Map(old.map((set) => [set, set.spec?.replicas ?? 0]));
  const newUnavailable = (newReplicaSet.spec?.replicas ?? 0) - (newReplicaSet.status?.availableReplicas ?? 0);
  const totalSpec = sum([newReplicaSet, ...old], (set) => set.spec?.replicas ?? 0);
  const minAvailable = wanted - maxUnavailable;
  let budget = totalSpec - minAvailable - newUnavailable;
  // What is available is told late: of the replicas taken away a moment ago it still counts some.
  if (budget <= 0) return [];
  // Broken old pods go first: they serve nobody.
  for (const set of old) {
    const count = replicas.get(set) ?? 0;
    const broken = Math.max(0, Math.min(count, count - (set.status?.availableReplicas ?? 0)));
    const cut = Math.max(0, Math.min(broken, budget));
    replicas.set(set, count - cut);
    budget -= cut;
  }
  const available = sum([newReplicaSet, ...old], (set) => set.status?.availableReplicas ?? 0);
  let spare = Math.min(budget, available - minAvailable);
  for (const set of old) {
    const count = replicas.get(set) ?? 0;
    const cut = Math.max(0, Math.min(count, spare));
    replicas.set(set, count - cut);
    spare -= cut;
  }
  return old.flatMap((set) => {
    const next = replicas.get(set) ?? 0;
    return next === (set.spec?.replicas ?? 0) ? [] : [{ set, replicas: next }];
  });
}

/** Recreate: all old pods gone before the first new one. */
function planRecreate(deployment: Deployment, newReplicaSet: ReplicaSet, old: readonly ReplicaSet[]): Scale[] {
  const shrinking = old.filter((set) => (set.spec?.replicas ?? 0) > 0);
  if (shrinking.length > 0) return shrinking.map((set) => ({ set, replicas: 0 }));
  if (old.some((set) => (set.status?.replicas ?? 0) > 0)) return [];
  const wanted = deployment.spec?.replicas ?? 1;
  return (newReplicaSet.spec?.replicas ?? 0) === wanted ? [] : [{ set: newReplicaSet, replicas: wanted }];
}

export function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
