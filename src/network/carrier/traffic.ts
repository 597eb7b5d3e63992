/** What carriers count. Not in upstream. */
import type { Counter, Metrics } from "#base/metrics.ts";

export interface Traffic {
  readonly sent: Counter;
  readonly received: Counter;
  /** The connection took no more; the oldest of those that waited. */
  readonly stalled: Counter;
  /** No datagram of WireGuard's, or nobody took it. */
  readonly unfit: Counter;
  refused(reason: Refusal): Counter;
}

export type Refusal = "crowd" | "late" | "tls" | "request" | "proof" | "waiting";

export function carrierTraffic(metrics: Metrics): Traffic {
  const datagrams = metrics.counter("liqo_carrier_datagrams_total", "Datagrams carried over TCP.");
  const dropped = metrics.counter("liqo_carrier_dropped_datagrams_total", "Datagrams dropped on their way over TCP.");
  const refused = metrics.counter("liqo_carrier_refused_connections_total", "TCP connections refused as a carrier.");
  return {
    sent: datagrams.with({ direction: "sent" }),
    received: datagrams.with({ direction: "received" }),
    stalled: dropped.with({ reason: "stalled" }),
    unfit: dropped.with({ reason: "unfit" }),
    refused: (reason) => refused.with({ reason }),
  };
}
