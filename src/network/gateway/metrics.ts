/** What a gateway tells of its peer. Upstream: pkg/gateway/tunnel/metrics.go, wireguard/metrics.go */
import { Metrics } from "#base/metrics.ts";
import type { PeerState } from "../conncheck/checker.ts";
import type { PeerStatistics } from "../wireguard/config.ts";
import type { WireguardDriver } from "../wireguard/driver.ts";

export interface GatewayReading {
  readonly remoteClusterId: string;
  readonly state: PeerState;
  readonly statistics: PeerStatistics | undefined;
  readonly implementation: WireguardDriver["implementation"] | undefined;
}

/** Prometheus text of one reading. */
export function renderMetrics({ remoteClusterId, state, statistics, implementation }: GatewayReading): string {
  const metrics = new Metrics();
  const driver = { driver: "wireguard" };
  const peer = { ...driver, cluster_id: remoteClusterId };
  const isConnected = state.value === "Connected";
  metrics
    .gauge("liqo_peer_is_connected", "Whether the peer answers through the tunnel: 1, or 0.")
    .with(peer)
    .set(isConnected ? 1 : 0);
  if (implementation !== undefined)
    metrics
      .gauge("liqo_wireguard_implementation", "The WireGuard that is used: 1 for it.")
      .with({ ...driver, implementation })
      .set(1);
  if (isConnected && statistics !== undefined) {
    metrics
      .counter("liqo_peer_receive_bytes_total", "Bytes that came from the peer.")
      .with(peer)
      .increase(statistics.receivedBytes);
    metrics
      .counter("liqo_peer_transmit_bytes_total", "Bytes that went to the peer.")
      .with(peer)
      .increase(statistics.sentBytes);
    metrics
      .gauge("liqo_peer_latency_us", "Round-trip latency of the peer, in microseconds.")
      .with(peer)
      .set(Math.round(state.latencyMs * 1_000));
  }
  return metrics.render();
}
