/**
 * A peer that does not answer: found out, and declared gone for good to the controllers of the other side, which then let
 * go what stands for objects at the peer. Upstream: pkg/liqoctl/force/unpeer
 */
import { PERMANENTLY_UNREACHABLE } from "#api/annotations.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { type Clock, systemClock } from "#base/clock.ts";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { apiServerStatus, isSilent } from "#trust/reach.ts";
import { unlessForbidden } from "../checks/rights.ts";
import { ANSWER_MS, type Cluster } from "../cluster.ts";
import { CliError } from "../errors.ts";

const POLL_MS = 500;

/**
 * Writes, or takes back, that the peer is gone; a peer that is not known is none to speak of, and a peering user is not told
 * of any: its own cluster is the one that asks.
 */
export async function declareGone(ctx: Context, { client }: Cluster, peerId: string, gone = true): Promise<void> {
  const found = await unlessForbidden(client.find(ctx, foreignClusters, { name: peerId }));
  if (found === undefined) return;
  const before = found.metadata?.annotations?.[PERMANENTLY_UNREACHABLE];
  if (before === (gone ? "true" : undefined)) return;
  const body = { metadata: { annotations: { [PERMANENTLY_UNREACHABLE]: gone ? "true" : null } } };
  await client.patch(ctx, foreignClusters, { name: peerId }, "merge", body).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}

/**
 * Throws a CliError when Liqo at `cluster` still reaches the peer that liqoctl does not: then it lives, and the kubeconfig or
 * the way to it is what is wrong.
 */
export async function requireSilent(ctx: Context, cluster: Cluster, peerId: string, silence: string): Promise<void> {
  const limited = withTimeout(ctx, ANSWER_MS);
  for (;;) {
    const peer = await cluster.client.find(ctx, foreignClusters, { name: peerId });
    if (apiServerStatus(peer) !== "Established") return;
    if (limited.signal.aborted)
      throw new CliError(`${silence}, but Liqo on ${cluster.server} does reach ${peerId}`, {
        hint: `check the kubeconfig of ${peerId} and the network on the way to it; nothing was changed`,
      });
    await sleep(limited, POLL_MS);
  }
}

/**
 * To be called again and again while the usual way is waited for: declares the peer gone once it has been silent for 10 s.
 * It may answer to liqoctl all the same: one that was made anew under the old address is another one to Liqo.
 */
export function giveUpWhenSilent(
  ctx: Context,
  cluster: Cluster,
  peerId: string,
  clock: Clock = systemClock,
): () => Promise<void> {
  let silentSinceMs: number | undefined;
  return async () => {
    const peer = await cluster.client.find(ctx, foreignClusters, { name: peerId });
    if (!isSilent(peer)) {
      silentSinceMs = undefined;
      return;
    }
    silentSinceMs ??= clock.nowMs();
    if (clock.nowMs() - silentSinceMs >= ANSWER_MS) await declareGone(ctx, cluster, peerId);
  };
}
