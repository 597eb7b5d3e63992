/** What a container is shown as while its next start is put off: pure. Kubernetes: pkg/kubelet/kuberuntime (doBackOff), pkg/kubelet/images */
import type { Container, Pod } from "kubernetes-types/core/v1";
import type { ContainerRecord } from "../pod/record.ts";

export interface BackOff {
  readonly waiting: { readonly reason: "CrashLoopBackOff" | "ImagePullBackOff"; readonly message: string };
  readonly event: { readonly type: "Normal" | "Warning"; readonly message: string };
}

/** Undefined when there is nothing new to show. */
export function backOffOf(pod: Pod, container: Container, state: ContainerRecord): BackOff | undefined {
  const reason = state.waiting?.reason ?? "";
  if (reason === "ImagePullBackOff" || reason === "CrashLoopBackOff") return undefined;
  // What may never be pulled is not put off: it stays as it is.
  if (reason === "ErrImageNeverPull") return undefined;
  if (reason === "ErrImagePull") {
    const event = `Back-off pulling image "${container.image}"`;
    const message = `${event}: ${reason}: ${state.waiting?.message}`;
    return { waiting: { reason: "ImagePullBackOff", message }, event: { type: "Normal", message: event } };
  }
  if (state.current === undefined) return undefined;
  const { name, namespace, uid } = pod.metadata ?? {};
  const shown = `${name}_${namespace}(${uid})`;
  const message = `back-off ${formatSeconds(state.backoffMs)} restarting failed container=${container.name} pod=${shown}`;
  const event = `Back-off restarting failed container ${container.name} in pod ${shown}`;
  return { waiting: { reason: "CrashLoopBackOff", message }, event: { type: "Warning", message: event } };
}

/** As Go writes durations: `10s`, `2m40s`. */
export function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
