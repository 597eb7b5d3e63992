/** Sends pod statuses to the API server, the latest one only, and tries again until it is there. Kubernetes: pkg/kubelet/status/status_manager.go */
import type { Pod, PodStatus } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { pods } from "#machinery/builtin.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";

interface Entry {
  readonly pod: Pod;
  readonly status: PodStatus;
}

const RETRY_MS = 1000;

export class StatusWriter {
  readonly #ctx: Context;
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #wanted = new Map<string, Entry>();
  readonly #sent = new Map<string, string>();
  readonly #sending = new Map<string, Promise<void>>();

  constructor(ctx: Context, client: KubeClient, clock: Clock) {
    this.#ctx = ctx;
    this.#client = client;
    this.#clock = clock;
  }

  set(pod: Pod, status: PodStatus): void {
    const uid = pod.metadata?.uid ?? "";
    if (this.#sent.get(uid) === JSON.stringify(status) && !this.#wanted.has(uid)) return;
    this.#wanted.set(uid, { pod, status });
    if (!this.#sending.has(uid))
      this.#sending.set(
        uid,
        this.#send(uid).finally(() => this.#sending.delete(uid)),
      );
  }

  /** Resolves when the pod's last status has been sent, or given up because the pod is gone. */
  async flushed(uid: string): Promise<void> {
    await this.#sending.get(uid);
  }

  forget(uid: string): void {
    this.#wanted.delete(uid);
    this.#sent.delete(uid);
  }

  async #send(uid: string): Promise<void> {
    while (!this.#ctx.signal.aborted) {
      const entry = this.#wanted.get(uid);
      if (entry === undefined) return;
      this.#wanted.delete(uid);
      try {
        await this.#patch(entry);
        this.#sent.set(uid, JSON.stringify(entry.status));
      } catch (error) {
        // A pod of the same name that is not this one conflicts by uid: ours is gone.
        if (isNotFound(error) || isConflict(error)) continue;
        this.#ctx.log.debug("pod status not written", { pod: entry.pod.metadata?.name, error: messageOf(error) });
        if (!this.#wanted.has(uid)) this.#wanted.set(uid, entry);
        await sleep(this.#ctx, RETRY_MS, this.#clock);
      }
    }
  }

  async #patch({ pod, status }: Entry): Promise<void> {
    const { name = "", namespace = "", uid } = pod.metadata ?? {};
    const body = { metadata: { uid }, status };
    await this.#client.patch(this.#ctx, pods, { name, namespace }, "merge", body, { subresource: "status" });
  }
}
