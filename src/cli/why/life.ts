/** What a pod's kubelet has made of it, from volumes to readiness: the same at home and at a provider. Pure. */
import type { ContainerStatus, Event, Pod } from "kubernetes-types/core/v1";
import { findCondition, isConditionTrue } from "#machinery/conditions.ts";
import { isReady } from "#machinery/pod.ts";
import { broken, type Link, ok, unknown } from "./link.ts";

/** Where the pod is, for sentences: undefined at home. */
export interface Life {
  readonly pod: Pod;
  /** Of the pod, in any order. */
  readonly events: readonly Event[];
  readonly cluster: string | undefined;
}

const IMAGE = ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"];
const CONFIGURATION = ["CreateContainerConfigError", "CreateContainerError", "RunContainerError"];
/** Of what is needed before a container can be made. */
const NOT_MADE = ["FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox"];
const UNHEALTHY = "Unhealthy";

export function life({ pod, events, cluster }: Life): readonly Link[] {
  const where = cluster === undefined ? "" : ` at ${cluster}`;
  const { phase, reason, message } = pod.status ?? {};
  if (phase === "Succeeded") return [ok("end", `it has ended${where}, with success`)];
  if (phase === "Failed") return [broken("end", `it has failed${where}: ${failureOf(pod, reason, message)}`)];
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  const silence = `the kubelet of ${pod.spec?.nodeName}${where} has not begun yet`;
  if (statuses.length === 0) return [unknown("kubelet", silence, "wait, then look at the node")];
  const found = obstacle(pod, statuses, events);
  return found === undefined ? [ok("containers", "all of them run"), readiness(pod, events)] : [found];
}

function obstacle(pod: Pod, statuses: readonly ContainerStatus[], events: readonly Event[]): Link | undefined {
  for (const status of statuses) {
    const found = waitingFor(pod, status);
    if (found !== undefined) return found;
  }
  const notMade = last(events.filter(({ reason = "" }) => NOT_MADE.includes(reason)));
  const isWaiting = statuses.some(({ state }) => state?.waiting !== undefined);
  // Where one runs or has run, volumes are there.
  const isNew = statuses.every(
    ({ state, lastState }) => state?.waiting !== undefined && lastState?.terminated === undefined,
  );
  if (isNew && notMade !== undefined)
    return broken("volumes", notMade.message ?? "", "make the volume, ConfigMap or Secret that it names");
  const { initContainerStatuses: first, containerStatuses: main } = pod.status ?? {};
  const init = first?.find(({ name, state }) => state?.terminated === undefined && !isSidecar(pod, name));
  if (init !== undefined)
    return unknown("containers", `init container ${init.name} has not ended yet`, logsOf(pod, init.name));
  if (isWaiting) return unknown("containers", "they are being made", "wait: the events of the pod say more");
  const ended = main?.find(({ state }) => state?.terminated !== undefined);
  return ended === undefined ? undefined : crash(pod, ended);
}

function waitingFor(pod: Pod, status: ContainerStatus): Link | undefined {
  const { reason = "", message = "" } = status.state?.waiting ?? {};
  const told = message === "" ? reason : message;
  const container = `container ${status.name}`;
  if (IMAGE.includes(reason))
    return broken(
      "image",
      `${container}: image "${status.image}": ${told}`,
      "check the image's name, and imagePullSecrets where the registry asks who you are",
    );
  if (CONFIGURATION.includes(reason))
    return broken("configuration", `${container}: ${told}`, "make what the pod names, in its own namespace");
  return reason === "CrashLoopBackOff" ? crash(pod, status) : undefined;
}

function crash(pod: Pod, { name, restartCount, state, lastState }: ContainerStatus): Link {
  const { exitCode, reason = "" } = state?.terminated ?? lastState?.terminated ?? {};
  const why = reason === "OOMKilled" ? "it used more memory than its limit" : `exit code ${exitCode ?? "unknown"}`;
  return broken(
    "containers",
    `container ${name} ends again and again (${restartCount} restarts): ${why}`,
    logsOf(pod, name, true),
  );
}

function readiness(pod: Pod, events: readonly Event[]): Link {
  if (isReady(pod)) return ok("readiness", "it is ready");
  const { conditions } = pod.status ?? {};
  const gate = shutGate(pod);
  const slow = pod.status?.containerStatuses?.find(({ ready }) => !ready);
  if (slow === undefined && gate !== undefined) return brokenGate(gate);
  const probe = last(events.filter(({ reason }) => reason === UNHEALTHY));
  if (probe === undefined) {
    const told = findCondition(conditions, "Ready")?.message ?? "it is not ready yet";
    return unknown("readiness", told, "wait for its probes");
  }
  const says = `container ${slow?.name ?? ""}: ${probe.message ?? "its probe fails"}`;
  return broken("readiness", says, slow === undefined ? undefined : logsOf(pod, slow.name));
}

function failureOf(pod: Pod, reason: string | undefined, message: string | undefined): string {
  if (reason !== undefined || message !== undefined)
    return [reason, message].filter((text) => text !== undefined).join(": ");
  const ended = pod.status?.containerStatuses?.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  return ended === undefined
    ? "without a reason"
    : `container ${ended.name} ended with exit code ${ended.state?.terminated?.exitCode}`;
}

function logsOf({ metadata }: Pod, container: string, previous = false): string {
  return `kubectl logs ${metadata?.name} -n ${metadata?.namespace} -c ${container}${previous ? " --previous" : ""}`;
}

function isSidecar({ spec }: Pod, name: string): boolean {
  return spec?.initContainers?.find((container) => container.name === name)?.restartPolicy === "Always";
}

/** The first of its readiness gates that is shut. */
export function shutGate({ spec, status }: Pod): string | undefined {
  const gates = (spec?.readinessGates ?? []).map(({ conditionType }) => conditionType);
  return gates.find((gate) => !isConditionTrue(status?.conditions, gate));
}

export function brokenGate(gate: string): Link {
  return broken("readiness", `its readiness gate ${gate} is not True`, "look at whoever sets this condition");
}

/** The one that happened last. */
export function last(events: readonly Event[]): Event | undefined {
  const time = ({ lastTimestamp, eventTime, metadata }: Event): string =>
    lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "";
  return events.toSorted((a, b) => (time(a) < time(b) ? -1 : 1)).at(-1);
}
