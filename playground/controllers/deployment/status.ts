/** Status and conditions of a Deployment. Kubernetes: pkg/controller/deployment/{sync,progress}.go */
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from "kubernetes-types/apps/v1";
import { findCondition, timestamp } from "#machinery/conditions.ts";
import { limits, sum } from "./rollout.ts";

export interface Reported {
  readonly status: DeploymentStatus;
  /** When a stalled rollout must be looked at again. */
  readonly requeueAfterMs?: number;
}

export function deploymentStatus(
  deployment: Deployment,
  newReplicaSet: ReplicaSet | undefined,
  old: readonly ReplicaSet[],
  nowMs: number,
): Reported {
  const all = newReplicaSet === undefined ? old : [newReplicaSet, ...old];
  const replicas = sum(all, ({ status }) => status?.replicas ?? 0);
  const availableReplicas = sum(all, ({ status }) => status?.availableReplicas ?? 0);
  const readyReplicas = sum(all, ({ status }) => status?.readyReplicas ?? 0);
  const unavailableReplicas = Math.max(0, sum(all, ({ spec }) => spec?.replicas ?? 0) - availableReplicas);
  const counts: DeploymentStatus = {
    observedGeneration: deployment.metadata?.generation ?? 0,
    ...(replicas > 0 && { replicas }),
    ...((newReplicaSet?.status?.replicas ?? 0) > 0 && { updatedReplicas: newReplicaSet?.status?.replicas ?? 0 }),
    ...(readyReplicas > 0 && { readyReplicas }),
    ...(availableReplicas > 0 && { availableReplicas }),
    ...(unavailableReplicas > 0 && { unavailableReplicas }),
    ...(deployment.status?.collisionCount !== undefined && { collisionCount: deployment.status.collisionCount }),
  };
  const wanted = deployment.spec?.replicas ?? 1;
  const available = availableCondition(deployment, availableReplicas, wanted, nowMs);
  const progressing = progressCondition(deployment, newReplicaSet, counts, nowMs);
  const deadlineMs = (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
  const isWaiting = progressing?.status === "True" && progressing.reason !== "NewReplicaSetAvailable";
  return {
    status: { ...counts, conditions: [available, ...(progressing === undefined ? [] : [progressing])] },
    ...(isWaiting && { requeueAfterMs: deadlineMs }),
  };
}

function availableCondition(
  deployment: Deployment,
  available: number,
  wanted: number,
  nowMs: number,
): DeploymentCondition {
  const enough = available >= wanted - limits(deployment).maxUnavailable;
  return changed(deployment, nowMs, {
    type: "Available",
    status: enough ? "True" : "False",
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: enough ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
  });
}

function progressCondition(
  deployment: Deployment,
  newReplicaSet: ReplicaSet | undefined,
  counts: DeploymentStatus,
  nowMs: number,
): DeploymentCondition | undefined {
  if (newReplicaSet === undefined) return findCondition(deployment.status?.conditions, "Progressing");
  const wanted = deployment.spec?.replicas ?? 1;
  const name = newReplicaSet.metadata?.name ?? "";
  const complete =
    (counts.updatedReplicas ?? 0) === wanted &&
    (counts.replicas ?? 0) === wanted &&
    (counts.availableReplicas ?? 0) === wanted;
  if (complete) {
    const message = `ReplicaSet "${name}" has successfully progressed.`;
    return changed(deployment, nowMs, {
      type: "Progressing",
      status: "True",
      reason: "NewReplicaSetAvailable",
      message,
    });
  }
  const previous = findCondition(deployment.status?.conditions, "Progressing");
  const before = deployment.status ?? {};
  const moved =
    (counts.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    (counts.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (counts.availableReplicas ?? 0) > (before.availableReplicas ?? 0) ||
    before.observedGeneration !== counts.observedGeneration;
  const deadlineMs = (deployment.spec?.progressDeadlineSeconds ?? 600) * 1000;
  const lastMs = Date.parse(previous?.lastUpdateTime ?? timestamp(nowMs));
  if (!moved && previous !== undefined && nowMs - lastMs > deadlineMs) {
    const message = `ReplicaSet "${name}" has timed out progressing.`;
    return changed(deployment, nowMs, {
      type: "Progressing",
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message,
    });
  }
  if (!moved && previous !== undefined && previous.reason !== "NewReplicaSetAvailable") return previous;
  const message = `ReplicaSet "${name}" is progressing.`;
  return changed(
    deployment,
    nowMs,
    { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message },
    moved,
  );
}

/** Keeps both times while nothing changes; the transition time while the status does not. */
function changed(deployment: Deployment, nowMs: number, next: DeploymentCondition, moved = false): DeploymentCondition {
  const previous = findCondition(deployment.status?.conditions, next.type);
  const now = timestamp(nowMs);
  const same = previous?.status === next.status && previous.reason === next.reason && previous.message === next.message;
  if (same && !moved && previous !== undefined) return previous;
  const lastTransitionTime = previous?.status === next.status ? (previous.lastTransitionTime ?? now) : now;
  return { ...next, lastUpdateTime: now, lastTransitionTime };
}
