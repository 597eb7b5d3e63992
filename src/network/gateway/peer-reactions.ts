/** What a gateway does about what the ping finds out. */
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { Histogram } from "#base/metrics.ts";
import type { ClientCarriers } from "../carrier/client.ts";
import type { CheckerOptions } from "../conncheck/checker.ts";
import type { ConnectionWriter } from "../conncheck/connection.ts";
import type { EndpointReport } from "../wireguard/endpoint-report.ts";
import { SessionRestarts } from "../wireguard/session-restarts.ts";
import type { Tunnel } from "../wireguard/tunnel.ts";

export interface PeerParts {
  readonly remoteClusterId: string;
  readonly clock: Clock;
  readonly tunnel: Pick<Tunnel, "restartSession" | "endpoint">;
  readonly report: Pick<EndpointReport, "answered" | "unanswered">;
  readonly connection: Pick<ConnectionWriter, "update" | "problemFound">;
  /** Undefined where there is UDP only. */
  readonly carriers?: Pick<ClientCarriers, "silent" | "answered" | "relayed"> | undefined;
  /** Of answers, in µs. */
  readonly latency: Histogram;
}

/** A state is shown; a peer that stays silent gets new handshakes, more and more seldom. */
export function peerReactions(
  ctx: Context,
  { remoteClusterId, clock, tunnel, connection, latency, report, carriers }: PeerParts,
): Required<Pick<CheckerOptions, "update" | "missing">> {
  const restarts = new SessionRestarts();
  return {
    update: (state) => {
      if (state.value === "Connected") {
        restarts.reset();
        carriers?.answered(ctx);
        if (carriers?.relayed === undefined) report.answered(tunnel.endpoint);
        latency.observe(state.latencyMs * 1_000);
      } else ctx.log.warn("peer does not answer", { peer: remoteClusterId });
      connection.update(state);
    },
    missing: () => {
      if (!restarts.isDue(clock.nowMs())) return;
      const { endpoint } = tunnel;
      if (endpoint !== undefined)
        ctx.log.info("peer is silent, a new handshake begins", { peer: remoteClusterId, endpoint });
      if (carriers?.relayed === undefined) report.unanswered(endpoint);
      const isNew = carriers?.silent(ctx) ?? true;
      connection.problemFound();
      if (!isNew) return;
      tunnel.restartSession(ctx).catch((error: unknown) => {
        if (!ctx.signal.aborted) ctx.log.debug("session not restarted", { error: messageOf(error) });
      });
    },
  };
}
