/** The status of an offloaded pod as its own cluster sees it. Upstream: pkg/virtualKubelet/forge/pods.go (LocalPodStatus, LocalRejectedPod) */
import type { ContainerStatus, Pod, PodCondition, PodStatus } from "kubernetes-types/core/v1";
import { findCondition, timestamp, withCondition } from "#machinery/conditions.ts";
import { bounded } from "../provider/bounded.ts";
import { notPlaced } from "../sentences.ts";
import { isReadinessGate, withReadinessGates } from "./readiness.ts";

export const OFFLOADING_BACK_OFF = "OffloadingBackOff";
export const OFFLOADING_ABORTED = "OffloadingAborted";
export const OFFLOADING_REFUSED = "OffloadingRefused";
const REMOTE_POD_TERMINATED = "RemotePodTerminated";

// An int32, as Kubernetes has it.
const MOST_RESTARTS = 2 ** 31 - 1;

type Statuses = ContainerStatus[] | undefined;
type Containers = readonly { readonly name: string }[] | undefined;

export interface PodStatusOptions {
  /** The provider's id. */
  readonly cluster: string;
  /** The provider's pod address → ours; undefined: not to be shown. */
  readonly translate: (address: string) => string | undefined;
  /** The address of the virtual node. */
  readonly hostIp: string;
  /** Restarts that earlier remote pods had, by container. */
  readonly restarts: Readonly<Record<string, number>>;
  /** The provider cannot be reached: nothing of it is ready. */
  readonly isUnavailable: boolean;
}

/** What the provider says of the pod, cut to size; of containers that the local pod does not have nothing is taken. */
export function forgePodStatus(local: Pod, remote: Pod, options: PodStatusOptions): PodStatus {
  const {
    podIP,
    podIPs: _all,
    hostIP,
    hostIPs: _hosts,
    nominatedNodeName: _nominated,
    ...status
  } = bounded(remote.status ?? {});
  const address = podIP === undefined ? undefined : options.translate(podIP);
  // Kubernetes refuses a change of the QoS class, and a provider's LimitRange may give its pod another one.
  const qosClass = local.status?.qosClass ?? status.qosClass;
  const { containers, initContainers, ephemeralContainers } = local.spec ?? {};
  const counted = (list: Statuses, own: Containers): Statuses => {
    const known = list?.filter(({ name }) => own?.some((container) => container.name === name)) ?? [];
    if (known.length === 0) return undefined;
    return known.map((container) => ({
      ...container,
      restartCount: Math.min(MOST_RESTARTS, container.restartCount + (options.restarts[container.name] ?? 0)),
    }));
  };
  const conditions = withReadinessGates(local, forgeConditions(local, status.conditions ?? [], options.cluster)).map(
    (condition) =>
      options.isUnavailable && condition.type === "Ready" ? { ...condition, status: "False" } : condition,
  );
  const { containerStatuses: _c, initContainerStatuses: _i, ephemeralContainerStatuses: _e, ...other } = status;
  const containerStatuses = counted(status.containerStatuses, containers);
  const initContainerStatuses = counted(status.initContainerStatuses, initContainers);
  const ephemeralContainerStatuses = withEnded(local, counted(status.ephemeralContainerStatuses, ephemeralContainers));
  return {
    ...other,
    ...(qosClass !== undefined && { qosClass }),
    ...(conditions.length > 0 && { conditions }),
    ...(containerStatuses !== undefined && { containerStatuses }),
    ...(initContainerStatuses !== undefined && { initContainerStatuses }),
    ...(ephemeralContainerStatuses !== undefined && { ephemeralContainerStatuses }),
    ...(hostIP !== undefined && hostIP !== "" && { hostIP: options.hostIp, hostIPs: [{ ip: options.hostIp }] }),
    ...(address !== undefined && { podIP: address, podIPs: [{ ip: address }] }),
  };
}

/** How a debugging container ended outlives the provider's pod that it was in. */
function withEnded(local: Pod, remote: Statuses): Statuses {
  const ended = (local.status?.ephemeralContainerStatuses ?? []).filter(
    ({ name, state }) => state?.terminated !== undefined && remote?.some((other) => other.name === name) !== true,
  );
  const all = [...ended, ...(remote ?? [])];
  return all.length === 0 ? undefined : all;
}

/**
 * That it is scheduled is for the home cluster to say, which bound it, unless the provider finds no place for it: as long
 * as the provider does nothing else, there is nothing to write.
 */
function forgeConditions(local: Pod, remote: readonly PodCondition[], cluster: string): readonly PodCondition[] {
  const own = findCondition(local.status?.conditions, "PodScheduled");
  const theirs = findCondition(remote, "PodScheduled");
  if (theirs?.status === "False")
    return remote.map((condition) =>
      condition === theirs && condition.message !== undefined
        ? { ...condition, message: notPlaced(cluster, condition.message) }
        : condition,
    );
  if (own === undefined) return remote;
  return theirs === undefined ? [own, ...remote] : remote.map((condition) => (condition === theirs ? own : condition));
}

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** A pod that cannot be or stay offloaded. Failed makes its controller replace it. */
export function forgeRejectedStatus(local: Pod, phase: "Pending" | "Failed", why: Rejection, nowMs: number): PodStatus {
  const { podIP: _ip, podIPs: _ips, ...status } = local.status ?? {};
  const { reason, message } = why;
  return {
    ...status,
    phase,
    reason,
    message,
    ...(status.conditions !== undefined && {
      conditions: status.conditions.map((condition) => rejectCondition(local, condition, reason, nowMs)),
    }),
    ...(status.containerStatuses !== undefined && {
      containerStatuses: status.containerStatuses.map((container) => terminate(container, phase, reason, nowMs)),
    }),
  };
}

/** The provider will not have the pod, for now: it waits, and says why. What comes from a remote pod replaces all this. */
export function forgeRefusedStatus(local: Pod, refusal: string, nowMs: number): PodStatus {
  // Of a remote pod before that is gone.
  const { podIP: _ip, podIPs: _ips, containerStatuses, ...status } = local.status ?? {};
  const [reason, message] = [OFFLOADING_REFUSED, bounded(refusal)];
  const before = status.conditions?.map((condition) => rejectCondition(local, condition, reason, nowMs));
  const condition: PodCondition = { type: "Ready", status: "False", reason, message };
  return {
    ...status,
    phase: "Pending",
    reason,
    message,
    conditions: withCondition<PodCondition>(before, condition, nowMs),
    ...(containerStatuses !== undefined && {
      containerStatuses: containerStatuses.map((container) => ({
        ...container,
        ready: false,
        started: false,
        state: { waiting: { reason } },
      })),
    }),
  };
}

/** The provider has taken the pod after all, and has no more to say of it yet: what was said of the refusal goes. */
export function forgeAcceptedStatus(local: Pod): PodStatus {
  const { reason: _reason, message: _message, containerStatuses: _gone, conditions, ...status } = local.status ?? {};
  const kept = conditions?.filter(({ type, reason }) => type !== "Ready" || reason !== OFFLOADING_REFUSED);
  return { ...status, phase: "Pending", ...(kept !== undefined && { conditions: kept }) };
}

/** The remote pod is gone and its ShadowPod says how it ended. */
export function forgeTerminatedStatus(local: Pod, phase: "Succeeded" | "Failed", nowMs: number): PodStatus {
  const status = local.status ?? {};
  return {
    ...status,
    phase,
    reason: REMOTE_POD_TERMINATED,
    ...(status.containerStatuses !== undefined && {
      containerStatuses: status.containerStatuses.map((container) =>
        terminate(container, phase, REMOTE_POD_TERMINATED, nowMs),
      ),
    }),
  };
}

function rejectCondition(local: Pod, condition: PodCondition, reason: string, nowMs: number): PodCondition {
  const isOthers = condition.type === "PodScheduled" || isReadinessGate(local, condition.type);
  if (condition.status !== "True" || isOthers) return condition;
  return { ...condition, status: "False", reason, lastTransitionTime: timestamp(nowMs) };
}

function terminate(container: ContainerStatus, phase: string, reason: string, nowMs: number): ContainerStatus {
  if (container.state?.terminated !== undefined) return container;
  const startedAt = container.state?.running?.startedAt;
  return {
    ...container,
    ready: false,
    started: false,
    state: {
      terminated: {
        exitCode: phase === "Failed" ? 1 : 0,
        reason,
        finishedAt: timestamp(nowMs),
        ...(startedAt !== undefined && { startedAt }),
        ...(container.containerID !== undefined && { containerID: container.containerID }),
      },
    },
  };
}
