/** What kubectl shows of a pod. Kubernetes: pkg/printers/internalversion/printers.go (printPod) */
import type { Pod } from "kubernetes-types/core/v1";

/** `1/2`: of the containers that go on running, those that are ready. */
export function podReadyText(pod: Pod): string {
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const total = (pod.spec?.containers.length ?? 0) + sidecars.length;
  const names = new Set(sidecars.map(({ name }) => name));
  const statuses = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []).filter(({ name }) => names.has(name)),
  ];
  return `${statuses.filter(({ ready, state }) => ready && state?.running !== undefined).length}/${total}`;
}

/** One word: `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`. */
export function podStatusText(pod: Pod): string {
  const reason = initReason(pod) ?? containersReason(pod);
  if (pod.metadata?.deletionTimestamp === undefined) return reason;
  if (pod.status?.reason === "NodeLost") return "Unknown";
  return ["Succeeded", "Failed"].includes(pod.status?.phase ?? "") ? reason : "Terminating";
}

/** `Init:0/1`, `Init:CrashLoopBackOff`, … while an init container holds the pod back. */
function initReason(pod: Pod): string | undefined {
  const specs = pod.spec?.initContainers ?? [];
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = status.state ?? {};
    const isSidecar = specs[i]?.restartPolicy === "Always";
    if (terminated?.exitCode === 0 || (isSidecar && status.started === true)) continue;
    if (terminated !== undefined) {
      if (terminated.reason !== undefined && terminated.reason !== "") return `Init:${terminated.reason}`;
      return terminated.signal === undefined
        ? `Init:ExitCode:${terminated.exitCode}`
        : `Init:Signal:${terminated.signal}`;
    }
    if (waiting?.reason !== undefined && waiting.reason !== "PodInitializing") return `Init:${waiting.reason}`;
    return `Init:${i}/${specs.length}`;
  }
  return undefined;
}

function containersReason(pod: Pod): string {
  let reason = pod.status?.reason ?? pod.status?.phase ?? "Unknown";
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.reason === "SchedulingGated") reason = "SchedulingGated";
  let running = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated } = status.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== "") reason = waiting.reason;
    else if (terminated !== undefined) reason = terminatedText(terminated);
    else if (status.ready && status.state?.running !== undefined) running = true;
  }
  if (reason !== "Completed" || !running) return reason;
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
  return ready ? "Running" : "NotReady";
}

function terminatedText(terminated: { reason?: string; signal?: number; exitCode: number }): string {
  if (terminated.reason !== undefined && terminated.reason !== "") return terminated.reason;
  return terminated.signal === undefined || terminated.signal === 0
    ? `ExitCode:${terminated.exitCode}`
    : `Signal:${terminated.signal}`;
}
