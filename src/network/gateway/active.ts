/** The label that marks the gateway pod in charge; the Service selects by it. Upstream: pkg/gateway/concurrent/label.go */
import { GATEWAY_ACTIVE } from "#api/labels.ts";
import { Backoff } from "#base/backoff.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { pods } from "#machinery/builtin.ts";
import type { ObjectKey } from "#machinery/meta.ts";

/** Tries until it is written or the context ends. */
export async function markActive(ctx: Context, client: KubeClient, pod: ObjectKey, isActive: boolean): Promise<void> {
  const backoff = new Backoff({ baseMs: 250, maxMs: 10_000 });
  const body = { metadata: { labels: { [GATEWAY_ACTIVE]: isActive ? "true" : null } } };
  while (!ctx.signal.aborted) {
    try {
      await client.patch(ctx, pods, pod, "merge", body);
      return;
    } catch (error) {
      if (ctx.signal.aborted) return;
      ctx.log.warn("pod not labelled, will retry", { pod: pod.name, error: messageOf(error) });
      await sleep(ctx, backoff.nextMs());
    }
  }
}
