/** A real Prometheus reads all of Liqo's pods: every panel of every dashboard shows something, and every rule can be told. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { type Prometheus, type ScrapedPod, startPrometheus } from "#kit/prometheus.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import { configFromFile } from "#kube/client/config.ts";
import { dashboards } from "../../../scripts/dashboards/all.ts";

const NAMESPACE = "measured";
const RULES = join(import.meta.dirname, "../../../deploy/chart/files/alerts.yaml");
// Two readings and the evaluation after them; what is counted once a ping is there after the next ping.
const SEEN_MS = 30_000;
/** What the gateways need to call each other lost, and then found. */
const TOLD_MS = 60_000;

describe("metrics", { concurrency: 1 }, () => {
  let clusters: Clusters;
  let pods: readonly ScrapedPod[];
  let prometheus: Prometheus;

  before(async () => {
    clusters = await takePeered();
    await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
    await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    await clusters.kubectl("milan", "create", "configmap", "reflected", "-n", NAMESPACE, "--from-literal=a=b");
    pods = await scrapedPods(clusters);
    const config = configFromFile(clusters.engine.kubeconfig, { context: "milan" });
    prometheus = await startPrometheus({ config, pods, rules: RULES, intervalSeconds: 1 });
  });

  after(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
  });

  test("each component is read, and says what it is", async () => {
    await eventually(
      "all are up",
      async () => {
        const up = await prometheus.query("up");
        assert.deepEqual([up.length, ...new Set(up.map(({ value }) => value[1]))], [pods.length, "1"]);
      },
      SEEN_MS,
    );
    const components = await prometheus.query("count by (component) (liqo_build_info)");
    assert.deepEqual(components.map(({ metric }) => metric["component"]).sort(), [
      "liqo-controller-manager",
      "liqo-fabric",
      "liqo-gateway",
      "liqo-proxy",
      "virtual-kubelet",
    ]);
  });

  for (const { title, panels } of dashboards)
    for (const panel of panels)
      test(`${title}, ${panel.title}: every query shows something`, async () => {
        for (const [expression] of panel.queries) {
          const query = expression.replaceAll("$__rate_interval", "20s").replaceAll("$peer", ".*");
          await eventually(query, async () => assert.notEqual((await prometheus.query(query)).length, 0), SEEN_MS);
        }
      });

  test("every alert can be told: its names are those of metrics", async () => {
    const named = await prometheus.query('count by (__name__) ({__name__=~".+"})');
    const names = new Set(named.map(({ metric }) => metric["__name__"]));
    const rules = await eventually("all rules were evaluated", async () => {
      const read = await prometheus.rules();
      assert.ok(read.length > 0 && read.every(({ health }) => health === "ok"), JSON.stringify(read));
      return read;
    });
    for (const { query } of rules)
      for (const metric of query.match(/\b(liqo|controller_runtime)_\w+/g) ?? []) assert.ok(names.has(metric), metric);
  });

  test("a peer that is cut off is told of, until it is back", { skip: needsOwnClusters() }, async () => {
    const machine = machineOf(clusters.engine);
    const lost = async (): Promise<(string | undefined)[]> => {
      const { query = "" } = (await prometheus.rules()).find(({ name }) => name === "LiqoPeerUnreachable") ?? {};
      return (await prometheus.query(query)).map(({ metric }) => metric["cluster_id"]);
    };
    assert.deepEqual(await lost(), []);
    await machine.setLinkFaults([{ from: "milan", to: "rome", traffic: "tunnel" }]);
    try {
      await eventually("rome is lost", async () => assert.deepEqual(await lost(), ["rome"]), TOLD_MS);
    } finally {
      await machine.setLinkFaults([]);
    }
    await eventually("rome is found", async () => assert.deepEqual(await lost(), []), TOLD_MS);
  });
});

/** As the chart's monitors choose them. */
const MONITORED = [
  "app.kubernetes.io/part-of=liqo,app.kubernetes.io/component=controller-manager",
  "app.kubernetes.io/part-of=liqo,app.kubernetes.io/component=networking",
  "offloading.liqo.io/component=virtual-kubelet",
];

async function scrapedPods({ get }: Clusters): Promise<ScrapedPod[]> {
  const lists = MONITORED.map((selector) => get<{ items: readonly Pod[] }>("milan", "pods", "-A", "-l", selector));
  return (await Promise.all(lists))
    .flatMap(({ items }) => items)
    .map(({ metadata, spec }) => {
      const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
      const port = ports.find(({ name }) => name === "metrics")?.containerPort;
      assert.ok(port !== undefined, `${metadata?.name} has no port called metrics`);
      return { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "", port };
    });
}
