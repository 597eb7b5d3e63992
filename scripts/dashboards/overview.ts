import { type Dashboard, ofLiqo, quantile, rate } from "./dashboard.ts";

export const overview: Dashboard = {
  uid: "liqo-overview",
  title: "Liqo / Overview",
  description: "Whether Liqo of this cluster does its work: peers, controllers, webhooks, programs.",
  panels: [
    {
      title: "Peers that answer",
      kind: "stat",
      unit: "short",
      width: 6,
      queries: [["count(max by (cluster_id) (liqo_peer_is_connected) == 1) or vector(0)", "peers"]],
    },
    {
      title: "Peers that do not",
      kind: "stat",
      unit: "short",
      width: 6,
      queries: [["count(max by (cluster_id) (liqo_peer_is_connected) == 0) or vector(0)", "peers"]],
    },
    {
      title: "Failed reconciliations",
      kind: "stat",
      unit: "reqps",
      width: 6,
      queries: [[`sum(${ofLiqo(rate("controller_runtime_reconcile_errors_total"))})`, "failures"]],
    },
    {
      title: "Keys that wait",
      kind: "stat",
      unit: "short",
      width: 6,
      queries: [[`sum(${ofLiqo("workqueue_depth")})`, "keys"]],
    },
    {
      title: "Reconciliations",
      kind: "timeseries",
      unit: "reqps",
      queries: [[`sum by (controller) (${ofLiqo(rate("controller_runtime_reconcile_total"))})`, "{{controller}}"]],
    },
    {
      title: "Failures",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        [`sum by (controller) (${ofLiqo(rate("controller_runtime_reconcile_errors_total"))})`, "{{controller}}"],
      ],
    },
    {
      title: "Time of a reconciliation, 99th percentile",
      kind: "timeseries",
      unit: "s",
      queries: [
        [
          quantile(0.99, ofLiqo(rate("controller_runtime_reconcile_time_seconds_bucket")), "controller"),
          "{{controller}}",
        ],
      ],
    },
    {
      title: "Wait in the queue, 99th percentile",
      kind: "timeseries",
      unit: "s",
      queries: [[quantile(0.99, ofLiqo(rate("workqueue_queue_duration_seconds_bucket")), "name"), "{{name}}"]],
    },
    {
      title: "Admission requests",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        [
          `sum by (webhook, code) (${ofLiqo(rate("controller_runtime_webhook_requests_total"))})`,
          "{{webhook}} {{code}}",
        ],
      ],
    },
    {
      title: "Time of an admission request, 99th percentile",
      kind: "timeseries",
      unit: "s",
      queries: [
        [quantile(0.99, ofLiqo(rate("controller_runtime_webhook_latency_seconds_bucket")), "webhook"), "{{webhook}}"],
      ],
    },
    {
      title: "Requests to API servers",
      kind: "timeseries",
      unit: "reqps",
      queries: [[`sum by (host, code) (${ofLiqo(rate("rest_client_requests_total"))})`, "{{host}} {{code}}"]],
    },
    {
      title: "Processors in use",
      kind: "timeseries",
      unit: "short",
      queries: [
        [
          `${rate("process_cpu_seconds_total")} * on (instance) group_left (component) liqo_build_info`,
          "{{component}} {{instance}}",
        ],
      ],
    },
    {
      title: "Memory",
      kind: "timeseries",
      unit: "bytes",
      queries: [
        [
          "process_resident_memory_bytes * on (instance) group_left (component) liqo_build_info",
          "{{component}} {{instance}}",
        ],
      ],
    },
    {
      title: "Programs and versions",
      kind: "table",
      unit: "short",
      queries: [["count by (component, version) (liqo_build_info)", ""]],
    },
  ],
};
