import { type Dashboard, ofLiqo, PEER, quantile, rate } from "./dashboard.ts";

const LOOPS = '{controller=~"tunnel|overlay|route|firewall|connection"}';

export const network: Dashboard = {
  uid: "liqo-network",
  title: "Liqo / Network",
  description: "The way to each peer: whether it answers, how fast, and how much goes through.",
  peers: "liqo_peer_is_connected",
  panels: [
    {
      title: "Connected",
      kind: "timeseries",
      unit: "short",
      description: "1: the gateway of the peer answers through the tunnel.",
      queries: [[`max by (cluster_id) (liqo_peer_is_connected${PEER})`, "{{cluster_id}}"]],
    },
    {
      title: "WireGuard",
      kind: "table",
      unit: "short",
      queries: [["count by (driver, implementation) (liqo_wireguard_implementation)", ""]],
    },
    {
      title: "From peers",
      kind: "timeseries",
      unit: "Bps",
      queries: [[`sum by (cluster_id) (${rate(`liqo_peer_receive_bytes_total${PEER}`)})`, "{{cluster_id}}"]],
    },
    {
      title: "To peers",
      kind: "timeseries",
      unit: "Bps",
      queries: [[`sum by (cluster_id) (${rate(`liqo_peer_transmit_bytes_total${PEER}`)})`, "{{cluster_id}}"]],
    },
    {
      title: "Round trip, last",
      kind: "timeseries",
      unit: "µs",
      queries: [[`max by (cluster_id) (liqo_peer_latency_us${PEER})`, "{{cluster_id}}"]],
    },
    {
      title: "Round trip, median and 99th percentile",
      kind: "timeseries",
      unit: "µs",
      queries: [0.5, 0.99].map((at) => [
        quantile(at, rate(`liqo_peer_latency_histogram_us_bucket${PEER}`), "cluster_id"),
        `{{cluster_id}} ${at}`,
      ]),
    },
    {
      title: "Changes of routes, tables and links",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        [`sum by (controller) (${ofLiqo(rate(`controller_runtime_reconcile_total${LOOPS}`))})`, "{{controller}}"],
      ],
    },
    {
      title: "Changes that failed",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        [
          `sum by (controller) (${ofLiqo(rate(`controller_runtime_reconcile_errors_total${LOOPS}`))})`,
          "{{controller}}",
        ],
      ],
    },
  ],
};
