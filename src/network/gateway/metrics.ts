/** What a gateway tells of its peer. Upstream: pkg/gateway/tunnel/metrics.go, wireguard/metrics.go */
import { type Histogram, Metrics } from "#base/metrics.ts";
import type { Carrier } from "../carrier/choice.ts";
import type { PeerState, PingCounts } from "../conncheck/checker.ts";
import type { TunnelReport } from "../tunnels/tunnels.ts";
import type { PeerStatistics } from "../wireguard/config.ts";
import type { WireguardDriver } from "../wireguard/driver.ts";

export interface GatewayReading {
  readonly remoteClusterId: string;
  readonly state: PeerState;
  readonly statistics: PeerStatistics | undefined;
  /** Undefined where nobody pings. */
  readonly pings?: PingCounts | undefined;
  readonly implementation: WireguardDriver["implementation"] | undefined;
  /** Undefined where there is UDP only. */
  readonly carrier?: Carrier | undefined;
  /** Of several; undefined of one. `statistics` are those of all together. */
  readonly tunnels?: readonly TunnelReport[] | undefined;
}

const DRIVER = { driver: "wireguard" };

// Upstream's bounds (GenerateFocusBuckets), and finer ones for peers in one building.
const LATENCY_BUCKETS_US = [
  ...[250, 500, 1_000, 2_500, 5_000],
  ...[10_000, 15_000, 20_000, 36_250, 52_500, 68_750, 85_000, 101_250, 117_500, 133_750, 150_000],
  ...[178_380, 212_129, 252_264, 299_992],
];

/** Of the peer's answers to pings, in µs. */
export function latencyHistogram(metrics: Metrics, remoteClusterId: string): Histogram {
  return metrics
    .histogram(
      "liqo_peer_latency_histogram_us",
      "Round-trip latencies of the peer, in microseconds.",
      LATENCY_BUCKETS_US,
    )
    .with({ ...DRIVER, cluster_id: remoteClusterId });
}

/** Prometheus text of one reading: of a peer that is lost nothing but that is told. */
export function renderMetrics(reading: GatewayReading): string {
  const { remoteClusterId, state, statistics, implementation, carrier } = reading;
  const metrics = new Metrics();
  const peer = { ...DRIVER, cluster_id: remoteClusterId };
  const isConnected = state.value === "Connected";
  metrics
    .gauge("liqo_peer_is_connected", "Whether the peer answers through the tunnel: 1, or 0.")
    .with(peer)
    .set(isConnected ? 1 : 0);
  if (implementation !== undefined)
    metrics
      .gauge("liqo_wireguard_implementation", "The WireGuard that is used: 1 for it.")
      .with({ ...DRIVER, implementation })
      .set(1);
  if (carrier !== undefined)
    metrics
      .gauge(
        "liqo_peer_carrier",
        "By what the peer is reached, where the gateway server has a TCP port, too: 1 for it.",
      )
      .with({ ...peer, carrier })
      .set(1);
  for (const [result, count] of Object.entries(reading.pings ?? {}))
    metrics
      .counter("liqo_peer_pings_total", "Pings through the tunnel, by what came of them: answered, or lost.")
      .with({ ...peer, result })
      .increase(count);
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
  countTunnels(metrics, peer, reading.tunnels ?? []);
  return metrics.render();
}

type Labels = Readonly<Record<string, string>>;

function countTunnels(metrics: Metrics, peer: Labels, tunnels: readonly TunnelReport[]): void {
  for (const { interface: device, value, inUse, statistics } of tunnels) {
    const labels = { ...peer, device };
    metrics
      .gauge("liqo_tunnel_is_connected", "Of several tunnels to a peer: whether this one answers: 1, or 0.")
      .with(labels)
      .set(value === "Connected" ? 1 : 0);
    metrics
      .gauge("liqo_tunnel_in_use", "Of several tunnels to a peer: whether flows go into this one: 1, or 0.")
      .with(labels)
      .set(inUse ? 1 : 0);
    metrics
      .counter("liqo_tunnel_receive_bytes_total", "Of several tunnels to a peer: bytes that came through this one.")
      .with(labels)
      .increase(statistics?.receivedBytes ?? 0);
    metrics
      .counter("liqo_tunnel_transmit_bytes_total", "Of several tunnels to a peer: bytes that went into this one.")
      .with(labels)
      .increase(statistics?.sentBytes ?? 0);
  }
}

/** Of all tunnels together: the peer's counters go on whichever of them carries what. */
export function statisticsOfPeer(
  first: PeerStatistics | undefined,
  tunnels: readonly TunnelReport[] | undefined,
): PeerStatistics | undefined {
  if (first === undefined || tunnels === undefined) return first;
  const sum = (of: (each: PeerStatistics) => number): number =>
    tunnels.reduce((total, { statistics }) => total + (statistics === undefined ? 0 : of(statistics)), 0);
  return { ...first, receivedBytes: sum((each) => each.receivedBytes), sentBytes: sum((each) => each.sentBytes) };
}
