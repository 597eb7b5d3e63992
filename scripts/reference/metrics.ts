/** docs/reference/metrics.md: what the programs' own definitions of their metrics say, each made once and written down. */
import { Metrics } from "#base/metrics.ts";
import { countProcess } from "#base/process-metrics.ts";
import { spanMetrics } from "#base/tracing/metrics.ts";
import { clientMetrics } from "#kube/client/metrics.ts";
import { controllerMetrics } from "#kube/controller/metrics.ts";
import { queueMetrics } from "#kube/queue/metrics.ts";
import { webhookMetrics } from "#kube/webhook-server/metrics.ts";
import { proxyMetrics } from "#proxy/metrics.ts";
import { ReflectionMetrics } from "#reflection/metrics.ts";
import { carrierTraffic } from "../../src/network/carrier/traffic.ts";
import { latencyHistogram, renderMetrics } from "../../src/network/gateway/metrics.ts";
import { renderPaths } from "../../src/network/paths/metrics.ts";

interface Section {
  readonly title: string;
  readonly by: string;
  /** Prometheus text with each metric of the section, and of each the labels. */
  text(): string;
}

export interface Described {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

const SECTIONS: readonly Section[] = [
  {
    title: "Peers",
    by: "Each gateway, of its peer (`cluster_id`). While the peer does not answer, `liqo_peer_is_connected` is 0 and bytes and latency are absent.",
    text: () => {
      const histogram = rendered((metrics) => latencyHistogram(metrics, "rome").observe(1));
      return renderMetrics({
        remoteClusterId: "rome",
        state: { value: "Connected", latencyMs: 1 },
        statistics: { publicKey: "", endpoint: undefined, lastHandshake: 0, receivedBytes: 0, sentBytes: 0 },
        implementation: "kernel",
        carrier: "UDP",
        pings: { answered: 0, lost: 0 },
        tunnels: [{ interface: "liqo-tunnel", port: 51_840, value: "Connected", inUse: true }],
      }).concat(histogram);
    },
  },
  {
    title: "Paths",
    by: "Each liqo-fabric, of its node, by peer (`cluster_id`): [what is measured](../usage/connection-health.md).",
    text: () => renderPaths("worker-1", new Map([["rome", { small: "Passed", full: "Passed" }]])),
  },
  {
    title: "Carriers",
    by: "Each gateway with a [TCP port beside UDP](../advanced/nat.md#where-udp-is-shut).",
    text: () =>
      rendered((metrics) => {
        const { sent, stalled, refused } = carrierTraffic(metrics);
        for (const counter of [sent, stalled, refused("proof")]) counter.increase();
      }),
  },
  {
    title: "Reflection",
    by: "Each virtual kubelet, by kind (`reflector_resource`).",
    text: () =>
      rendered((metrics) => {
        const reflection = new ReflectionMetrics(metrics, "rome", "liqo-rome");
        reflection.item("Pod", "web");
        reflection.settled("Pod", 1);
      }),
  },
  {
    title: "Controllers and queues",
    by: "liqo-controller-manager and virtual kubelets, by `controller`, under the names that controller-runtime gives them. Gateways and fabric count the passes of `tunnel`, `overlay`, `route`, `firewall` and `connection` so, without queues.",
    text: () =>
      rendered((metrics) => {
        controllerMetrics(metrics, "web", 1).ended("success", 1);
        queueMetrics(metrics, "web");
      }),
  },
  {
    title: "Webhooks",
    by: "liqo-controller-manager, by path.",
    text: () => rendered((metrics) => webhookMetrics(metrics, "/mutate/pod").ended(200, 1)),
  },
  {
    title: "Requests to API servers",
    by: "All programs that make any, by `host`; a virtual kubelet has two: its own cluster's and the provider's.",
    text: () => rendered((metrics) => clientMetrics(metrics, "https://10.96.0.1")("GET", 200, 1)),
  },
  {
    title: "In-band peerings",
    by: "liqo-proxy, at the provider.",
    text: () => rendered((metrics) => proxyMetrics(metrics, { tunnels: 0 })),
  },
  {
    title: "Traces",
    by: "liqo-controller-manager and virtual kubelets, where [tracing](../metrics.md#traces) is on.",
    text: () => rendered(spanMetrics),
  },
  {
    title: "Processes",
    by: "All programs.",
    text: () => rendered((metrics) => countProcess(metrics, "liqo-fabric")),
  },
];

export function formatMetrics(): string {
  return [
    "# Metrics",
    "<!-- Written by `node scripts/reference-docs.ts`: change the metrics where they are defined, then run it. -->",
    "What Liqo's programs tell Prometheus, once they are [asked to](../usage/metrics.md). Names that begin with `controller_runtime`, `workqueue`, `rest_client` and `process` are those of other programs, too: `… and on (instance) liqo_build_info` keeps Liqo's.",
    ...SECTIONS.flatMap(({ title, by, text }) => [`## ${title}`, by, describe(text()).map(line).join("\n")]),
  ]
    .join("\n\n")
    .concat("\n");
}

function rendered(define: (metrics: Metrics) => unknown): string {
  const metrics = new Metrics();
  define(metrics);
  return metrics.render();
}

/** The families of a Prometheus text. */
export function describe(text: string): Described[] {
  return text
    .split(/^# HELP /m)
    .slice(1)
    .map((family) => {
      const [, name = "", help = ""] = /^(\S+) (.*)$/m.exec(family) ?? [];
      const [, type = ""] = /^# TYPE \S+ (\w+)$/m.exec(family) ?? [];
      const labels = [...family.matchAll(/[{,](\w+)="/g)].map(([, label = ""]) => label);
      return { name, type, help, labels: [...new Set(labels)].filter((label) => label !== "le") };
    });
}

function line({ name, type, help, labels }: Described): string {
  const by = labels.length === 0 ? "" : `; ${labels.map((label) => `\`${label}\``).join(", ")}`;
  return `- \`${name}\` (${type}${by}): ${help}`;
}
