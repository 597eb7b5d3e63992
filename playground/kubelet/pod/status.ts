/** The status of a pod as the kubelet writes it: pure. Kubernetes: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus), pkg/kubelet/status/generate.go */
import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from "kubernetes-types/core/v1";
import { isInitialized, isSidecar } from "./plan.ts";
import { type ContainerRecord, containerOf, type Instance, isRunning, type PodRecord } from "./record.ts";

export interface StatusInput {
  readonly pod: Pod;
  readonly record: PodRecord;
  readonly hostIp: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  readonly nowMs: number;
  readonly hasSandbox: boolean;
  readonly isStarted: (container: string) => boolean;
  /** The readiness probe's verdict; true without a probe. */
  readonly isReady: (container: string) => boolean;
}

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

export function podStatus(input: StatusInput): PodStatus {
  const { pod, record } = input;
  const hasEnded = !hasRunning(input);
  const phase = hasEnded ? phaseOf(input) : notEnded(phaseOf(input), pod);
  const final = hasEnded ? record.final : undefined;
  const inits = (pod.spec?.initContainers ?? []).map((container) => initStatus(input, container));
  const mains = (pod.spec?.containers ?? []).map((container) => containerStatus(input, container));
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map((container) => ephemeralStatus(input, container));
  return {
    phase,
    conditions: conditionsOf(input, phase, inits, mains),
    ...(final !== undefined && { reason: final.reason, message: final.message }),
    hostIP: input.hostIp,
    hostIPs: [{ ip: input.hostIp }],
    ...(record.ip !== undefined && { podIP: record.ip, podIPs: [{ ip: record.ip }] }),
    startTime: record.startTime,
    ...(inits.length > 0 && { initContainerStatuses: inits }),
    // As upstream by name, not in the order of the spec.
    containerStatuses: [...mains].sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(ephemeral.length > 0 && { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status?.qosClass ?? qosClass(pod),
  };
}

function hasRunning({ pod, record }: StatusInput): boolean {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const all = [...containers, ...initContainers, ...ephemeralContainers];
  return all.some(({ name }) => isRunning(containerOf(record, name)));
}

/**
 * A pod has not ended while a container runs: who sees it Failed may make another in its place, and looks at this one no
 * more. Kubernetes: pkg/kubelet/status/status_manager.go (mergePodStatus)
 */
function notEnded(phase: Phase, { status }: Pod): Phase {
  if (phase === "Pending" || phase === "Running") return phase;
  return status?.phase === "Pending" ? "Pending" : "Running";
}

/** Kubernetes: pkg/kubelet/kubelet_pods.go (getPhase) */
export function phaseOf({ pod, record, isStarted }: Pick<StatusInput, "pod" | "record" | "isStarted">): Phase {
  if (record.final !== undefined) return record.final.phase;
  const policy = pod.spec?.restartPolicy ?? "Always";
  const inits = (pod.spec?.initContainers ?? []).filter((container) => !isSidecar(container));
  const initFailed = inits.some((c) => (containerOf(record, c.name).current?.ending?.code ?? 0) !== 0);
  const mains = (pod.spec?.containers ?? []).map((container) => containerOf(record, container.name));
  if (initFailed && policy === "Never" && mains.every((main) => main.current === undefined)) return "Failed";
  if (!isInitialized(pod, record, isStarted) || mains.some((main) => main.current === undefined)) return "Pending";
  if (mains.some((main) => isRunning(main) || main.isReplaced === true) || policy === "Always") return "Running";
  if (mains.every((main) => main.current?.ending?.code === 0)) return "Succeeded";
  return policy === "Never" ? "Failed" : "Running";
}

export function qosClass(pod: Pod): "Guaranteed" | "Burstable" | "BestEffort" {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const isSet = (c: Container): boolean =>
    ["requests", "limits"].some((kind) => hasAny(c.resources?.[kind as "requests" | "limits"]));
  if (!containers.some(isSet)) return "BestEffort";
  const guaranteed = containers.every((c) =>
    ["cpu", "memory"].every((name) => {
      const limit = c.resources?.limits?.[name];
      return limit !== undefined && (c.resources?.requests?.[name] ?? limit) === limit;
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

function hasAny(list: Readonly<Record<string, string>> | undefined): boolean {
  return list?.["cpu"] !== undefined || list?.["memory"] !== undefined;
}

function containerStatus(input: StatusInput, container: Container): ContainerStatus {
  const state = containerOf(input.record, container.name);
  const running = isRunning(state);
  const isStarted = running && input.isStarted(container.name);
  const current = state.current;
  const last = stateShown(input, state) === "waiting" ? current : state.last;
  return {
    name: container.name,
    state: stateOf(input, container, state),
    lastState: last?.ending === undefined ? {} : { terminated: terminatedOf(last) },
    ready: isStarted && input.isReady(container.name),
    restartCount: state.restarts,
    image: current?.image ?? container.image ?? "",
    imageID: current?.imageId ?? "",
    ...(current !== undefined && { containerID: containerId(current) }),
    started: isStarted,
  };
}

function initStatus(input: StatusInput, container: Container): ContainerStatus {
  const status = containerStatus(input, container);
  if (isSidecar(container)) return status;
  return { ...status, ready: status.state?.terminated?.exitCode === 0 };
}

/** Never ready: no probe asks and no Service counts on them. */
function ephemeralStatus(input: StatusInput, container: Container): ContainerStatus {
  const { started: _started, ...status } = containerStatus(input, container);
  return { ...status, ready: false };
}

/** A container that ended and is going to run again is shown as waiting, with its end as the last state. */
function stateShown(input: StatusInput, state: ContainerRecord): "waiting" | "running" | "terminated" {
  if (isRunning(state)) return "running";
  if (state.current === undefined) return "waiting";
  return state.retryAtMs > input.nowMs && state.waiting !== undefined ? "waiting" : "terminated";
}

function stateOf(input: StatusInput, container: Container, state: ContainerRecord): ContainerState {
  const shown = stateShown(input, state);
  if (shown === "running" && state.current !== undefined) return { running: { startedAt: state.current.startedAt } };
  if (shown === "terminated" && state.current !== undefined) return { terminated: terminatedOf(state.current) };
  return { waiting: state.waiting ?? { reason: waitingReason(input, container) } };
}

function waitingReason(input: StatusInput, container: Container): string {
  const inits = input.pod.spec?.initContainers ?? [];
  const isMain = (input.pod.spec?.containers ?? []).includes(container);
  const waitsForInit = isMain
    ? inits.length > 0 && !isInitialized(input.pod, input.record, input.isStarted)
    : inits[0] !== container;
  return waitsForInit ? "PodInitializing" : "ContainerCreating";
}

function terminatedOf(instance: Instance): NonNullable<ContainerState["terminated"]> {
  const { code, signal, reason, message, finishedAt } = instance.ending ?? { code: 0, reason: "", finishedAt: "" };
  return {
    exitCode: code,
    ...(signal !== undefined && { signal }),
    reason,
    ...(message !== undefined && { message }),
    startedAt: instance.startedAt,
    finishedAt,
    containerID: containerId(instance),
  };
}

function containerId(instance: Instance): string {
  return `runc://${instance.id}`;
}

function conditionsOf(
  input: StatusInput,
  phase: Phase,
  inits: ContainerStatus[],
  mains: ContainerStatus[],
): PodCondition[] {
  const unready = [...inits.filter((_, i) => isSidecarAt(input, i)), ...mains]
    .filter((s) => s.ready !== true)
    .map((s) => s.name);
  const initialized = isInitialized(input.pod, input.record, input.isStarted);
  const pendingInit = inits.filter((status) => status.ready !== true).map((status) => status.name);
  const containersReady = verdict("ContainersReady", unready, phase);
  const gates = (input.pod.spec?.readinessGates ?? []).map((gate) => gate.conditionType);
  const closed = gates.filter((type) => input.pod.status?.conditions?.find((c) => c.type === type)?.status !== "True");
  const ready: PodCondition =
    containersReady.status === "True" && closed.length > 0
      ? {
          type: "Ready",
          status: "False",
          reason: "ReadinessGatesNotReady",
          message: closed
            .map((t) => `corresponding condition of pod readiness gate "${t}" does not exist or is not True.`)
            .join(" "),
        }
      : { ...containersReady, type: "Ready" };
  const own: PodCondition[] = [
    { type: "PodReadyToStartContainers", status: input.hasSandbox ? "True" : "False" },
    initialized
      ? { type: "Initialized", status: "True", ...(phase === "Succeeded" && { reason: "PodCompleted" }) }
      : {
          type: "Initialized",
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${pendingInit.join(" ")}]`,
        },
    ready,
    containersReady,
    { type: "PodScheduled", status: "True" },
  ];
  const previous = input.pod.status?.conditions ?? [];
  const foreign = previous.filter((old) => !own.some((condition) => condition.type === old.type));
  return [...own.map((condition) => withTransition(condition, previous, input.now)), ...foreign];
}

function isSidecarAt(input: StatusInput, index: number): boolean {
  const container = input.pod.spec?.initContainers?.[index];
  return container !== undefined && isSidecar(container);
}

function verdict(type: string, unready: readonly string[], phase: Phase): PodCondition {
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  if (unready.length === 0) return { type, status: "True" };
  return {
    type,
    status: "False",
    reason: "ContainersNotReady",
    message: `containers with unready status: [${unready.join(" ")}]`,
  };
}

function withTransition(condition: PodCondition, previous: readonly PodCondition[], now: string): PodCondition {
  const old = previous.find((candidate) => candidate.type === condition.type);
  const since = old?.status === condition.status ? old.lastTransitionTime : now;
  return { ...condition, ...(since !== undefined && { lastTransitionTime: since }) };
}
