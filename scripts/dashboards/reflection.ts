import { type Dashboard, ofLiqo, PEER, quantile, rate } from "./dashboard.ts";

const REFLECTORS = '{controller=~".*-reflection"}';

export const reflection: Dashboard = {
  uid: "liqo-reflection",
  title: "Liqo / Reflection",
  description: "What goes between this cluster and its providers: how much, how fast, and what fails.",
  peers: "liqo_virtual_kubelet_reflection_item_counter",
  panels: [
    {
      title: "From change to the other side, median",
      kind: "timeseries",
      unit: "s",
      queries: [
        [
          quantile(0.5, rate(`liqo_virtual_kubelet_reflection_latency_seconds_bucket${PEER}`), "reflector_resource"),
          "{{reflector_resource}}",
        ],
      ],
    },
    {
      title: "From change to the other side, 99th percentile",
      kind: "timeseries",
      unit: "s",
      queries: [
        [
          quantile(0.99, rate(`liqo_virtual_kubelet_reflection_latency_seconds_bucket${PEER}`), "reflector_resource"),
          "{{reflector_resource}}",
        ],
      ],
    },
    {
      title: "Objects, by kind",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        [
          `sum by (reflector_resource) (${rate(`liqo_virtual_kubelet_reflection_item_counter${PEER}`)})`,
          "{{reflector_resource}}",
        ],
      ],
    },
    {
      title: "Failures, by kind",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        [
          `sum by (reflector_resource) (${rate(`liqo_virtual_kubelet_reflection_error_counter${PEER}`)})`,
          "{{reflector_resource}}",
        ],
      ],
    },
    {
      title: "Objects, by namespace",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        [`sum by (namespace) (${rate(`liqo_virtual_kubelet_reflection_item_counter${PEER}`)})`, "{{namespace}}"],
      ],
    },
    {
      title: "Objects, by peer",
      kind: "timeseries",
      unit: "reqps",
      queries: [
        [`sum by (cluster_id) (${rate(`liqo_virtual_kubelet_reflection_item_counter${PEER}`)})`, "{{cluster_id}}"],
      ],
    },
    {
      title: "Keys that wait",
      kind: "timeseries",
      unit: "short",
      queries: [[`sum by (controller) (${ofLiqo(`workqueue_depth${REFLECTORS}`)})`, "{{controller}}"]],
    },
    {
      title: "Workers in use",
      kind: "timeseries",
      unit: "percentunit",
      queries: [
        [
          `sum by (controller) (${ofLiqo(`controller_runtime_active_workers${REFLECTORS}`)}) / sum by (controller) (${ofLiqo(`controller_runtime_max_concurrent_reconciles${REFLECTORS}`)})`,
          "{{controller}}",
        ],
      ],
    },
  ],
};
