/**
 * Decides what to do next with a pod that should run: pure. Init containers one after the other, sidecars stay, then the main
 * containers together. Kubernetes: pkg/kubelet/kuberuntime (computePodActions, computeInitContainerActions)
 */
import type { Container, Pod } from "kubernetes-types/core/v1";
import { type ContainerRecord, containerOf, isOutdated, isRunning, type PodRecord } from "./record.ts";

export interface PlanInput {
  readonly pod: Pod;
  readonly record: PodRecord;
  readonly nowMs: number;
  /** Whether the startup probe has passed, or there is none. */
  readonly isStarted: (container: string) => boolean;
  /** Containers whose liveness or startup probe has failed. */
  readonly isUnhealthy: (container: string) => boolean;
}

export interface Plan {
  readonly start: readonly Container[];
  readonly stop: readonly { readonly container: Container; readonly message: string }[];
  /** Put off by back-off: the containers concerned, and when the first is due. */
  readonly backingOff: readonly Container[];
  readonly wakeAtMs: number;
  /** Nothing will run any more: what is left (sidecars) is to be stopped. */
  readonly isOver: boolean;
}

interface Draft {
  start: Container[];
  stop: { container: Container; message: string }[];
  backingOff: Container[];
  wakeAtMs: number;
}

export function planPod(input: PlanInput): Plan {
  const draft: Draft = { start: [], stop: [], backingOff: [], wakeAtMs: Number.POSITIVE_INFINITY };
  const deadline = deadlineOf(input);
  if (deadline !== undefined) draft.wakeAtMs = deadline;
  const { spec } = input.pod;
  const mains = spec?.containers ?? [];
  if (mains.every((container) => isOver(input, container)) || hasFailedInit(input)) {
    return { ...draft, isOver: true };
  }
  stopWrong(input, draft);
  if (planInit(input, draft)) for (const container of mains) startIfDue(input, draft, container);
  for (const container of spec?.ephemeralContainers ?? []) {
    // They run once, beside whatever else there is, and hold nothing up.
    const state = containerOf(input.record, container.name);
    if (state.current === undefined) startIfDue(input, draft, container, true);
  }
  return { ...draft, isOver: false };
}

export function isSidecar(container: Container): boolean {
  return "restartPolicy" in container && container.restartPolicy === "Always";
}

/**
 * What to end next of a pod that ends; empty: nothing runs. Main containers first, then sidecars one by one from the last:
 * they may serve the others until the end. Kubernetes: pkg/kubelet/kuberuntime (newTerminationOrdering)
 */
export function nextToStop(pod: Pod, record: PodRecord): readonly Container[] {
  const isUp = (container: Container): boolean => isRunning(containerOf(record, container.name));
  const { initContainers: inits = [], containers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const mains = [...containers, ...ephemeralContainers, ...inits.filter((c) => !isSidecar(c))].filter(isUp);
  const sidecar = inits.filter(isSidecar).findLast(isUp);
  return mains.length > 0 || sidecar === undefined ? mains : [sidecar];
}

/** When activeDeadlineSeconds ends, in ms; undefined without one. */
export function deadlineOf({ pod, record }: { readonly pod: Pod; readonly record: PodRecord }): number | undefined {
  const seconds = pod.spec?.activeDeadlineSeconds;
  return seconds === undefined ? undefined : Date.parse(record.startTime) + seconds * 1000;
}

/** Whether all init containers have done their part; main containers that ran once prove it. */
export function isInitialized(pod: Pod, record: PodRecord, isStarted: (container: string) => boolean): boolean {
  if ((pod.spec?.containers ?? []).some((c) => containerOf(record, c.name).current !== undefined)) return true;
  return (pod.spec?.initContainers ?? []).every((container) => {
    const state = containerOf(record, container.name);
    return isSidecar(container) ? isRunning(state) && isStarted(container.name) : state.current?.ending?.code === 0;
  });
}

/** True when the main containers may start. */
function planInit(input: PlanInput, draft: Draft): boolean {
  const initialized = isInitialized(input.pod, input.record, input.isStarted);
  for (const container of input.pod.spec?.initContainers ?? []) {
    const state = containerOf(input.record, container.name);
    if (isSidecar(container)) {
      startIfDue(input, draft, container, true);
      if (!initialized && !(isRunning(state) && input.isStarted(container.name))) return false;
    } else if (!initialized && state.current?.ending?.code !== 0) {
      startIfDue(input, draft, container);
      return false;
    }
  }
  return true;
}

/** Those whose specification has changed, and those whose probes fail. */
function stopWrong(input: PlanInput, draft: Draft): void {
  const sidecars = (input.pod.spec?.initContainers ?? []).filter(isSidecar);
  for (const container of [...(input.pod.spec?.containers ?? []), ...sidecars]) {
    const state = containerOf(input.record, container.name);
    const why = isRunning(state) ? wrongWith(input, container, state) : undefined;
    if (why !== undefined)
      draft.stop.push({ container, message: `Container ${container.name} ${why}, will be restarted` });
  }
}

function wrongWith(input: PlanInput, container: Container, state: ContainerRecord): string | undefined {
  if (isOutdated(container, state)) return "definition changed";
  if (!input.isUnhealthy(container.name)) return undefined;
  return `failed ${input.isStarted(container.name) ? "liveness" : "startup"} probe`;
}

function startIfDue(input: PlanInput, draft: Draft, container: Container, always = false): void {
  const state = containerOf(input.record, container.name);
  if (isRunning(state) || (!always && !mayRestart(input.pod, state))) return;
  if (state.retryAtMs <= input.nowMs) {
    draft.start.push(container);
    return;
  }
  draft.backingOff.push(container);
  draft.wakeAtMs = Math.min(draft.wakeAtMs, state.retryAtMs);
}

function isOver(input: PlanInput, container: Container): boolean {
  const state = containerOf(input.record, container.name);
  return state.current?.ending !== undefined && !mayRestart(input.pod, state);
}

function hasFailedInit(input: PlanInput): boolean {
  const inits = (input.pod.spec?.initContainers ?? []).filter((container) => !isSidecar(container));
  return inits.some((container) => {
    const code = containerOf(input.record, container.name).current?.ending?.code ?? 0;
    return code !== 0 && input.pod.spec?.restartPolicy === "Never";
  });
}

function mayRestart(pod: Pod, state: ContainerRecord): boolean {
  const ending = state.current?.ending;
  if (ending === undefined || state.isReplaced === true) return true;
  const policy = pod.spec?.restartPolicy ?? "Always";
  return policy === "Always" || (policy === "OnFailure" && ending.code !== 0);
}
