/** Prometheus text of a gateway. Upstream: pkg/gateway/tunnel/metrics.go, wireguard/metrics.go */
import type { PeerState } from "../conncheck/checker.ts";
import type { PeerStatistics } from "../wireguard/config.ts";
import type { WireguardDriver } from "../wireguard/driver.ts";

export interface GatewayReading {
  readonly remoteClusterId: string;
  readonly state: PeerState;
  readonly statistics: PeerStatistics | undefined;
  readonly implementation: WireguardDriver["implementation"] | undefined;
}

export function renderMetrics({ remoteClusterId, state, statistics, implementation }: GatewayReading): string {
  const labels = `{driver="wireguard",cluster_id="${remoteClusterId}"}`;
  const isConnected = state.value === "Connected";
  const lines = [
    ...metric(
      "liqo_peer_is_connected",
      "gauge",
      "Status of the connectivity to a given peer",
      labels,
      isConnected ? 1 : 0,
    ),
  ];
  if (implementation !== undefined) {
    const own = `{driver="wireguard",implementation="${implementation}"}`;
    lines.push(...metric("liqo_wireguard_implementation", "gauge", "Wireguard used implementation", own, 1));
  }
  if (isConnected && statistics !== undefined) {
    const { receivedBytes, sentBytes } = statistics;
    const latencyUs = Math.round(state.latencyMs * 1_000);
    lines.push(
      ...metric(
        "liqo_peer_receive_bytes_total",
        "counter",
        "Number of bytes received from a given peer.",
        labels,
        receivedBytes,
      ),
      ...metric(
        "liqo_peer_transmit_bytes_total",
        "counter",
        "Number of bytes transmitted to a given peer.",
        labels,
        sentBytes,
      ),
      ...metric(
        "liqo_peer_latency_us",
        "gauge",
        "Round-trip latency of a given peer in microseconds.",
        labels,
        latencyUs,
      ),
    );
  }
  return `${lines.join("\n")}\n`;
}

function metric(name: string, type: string, help: string, labels: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name}${labels} ${value}`];
}
