/** Events about one pod, pointing at the container concerned. Kubernetes: pkg/kubelet/events/event.go, pkg/kubelet/container/ref.go */
import type { Container, Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";

export class PodEvents {
  readonly #ctx: Context;
  readonly #recorder: EventRecorder;
  readonly #pod: () => Pod;

  constructor(ctx: Context, recorder: EventRecorder, pod: () => Pod) {
    this.#ctx = ctx;
    this.#recorder = recorder;
    this.#pod = pod;
  }

  normal(reason: string, message: string, container?: Container): void {
    this.#recorder.normal(this.#ctx, this.#reference(), reason, message, this.#fieldPath(container));
  }

  warn(reason: string, message: string, container?: Container): void {
    this.#recorder.warning(this.#ctx, this.#reference(), reason, message, this.#fieldPath(container));
  }

  /** Objects of a watch carry no type of their own. */
  #reference(): Pod {
    return { ...this.#pod(), apiVersion: "v1", kind: "Pod" };
  }

  #fieldPath(container: Container | undefined): string | undefined {
    if (container === undefined) return undefined;
    const { spec } = this.#pod();
    const lists = ["initContainers", "ephemeralContainers"] as const;
    const list = lists.find((field) => spec?.[field]?.some(({ name }) => name === container.name)) ?? "containers";
    return `spec.${list}{${container.name}}`;
  }
}
