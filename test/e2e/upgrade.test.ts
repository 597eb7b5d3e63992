/**
 * From the last release to this version, first the provider and then the consumer, while they are peered and a Service with
 * a pod at home and one away is visited: no pod is made anew, in the mixed state all works, and requests are lost while a gateway is replaced only.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Pod } from "kubernetes-types/core/v1";
import { VERSION } from "#base/version.ts";
import { chosenName } from "#engines/choose.ts";
import { CHART } from "#kit/chart.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { type LastRelease, unpackLastRelease } from "#kit/last-release.ts";
import { Load } from "#kit/load.ts";
import { loadBalancerAddress, PAGE_WITH_NAME } from "#kit/services.ts";

const NAMESPACE = "web";
const PLACES = ["near", "far"] as const;
const LIQO = ["-n", "liqo"] as const;
const ROLLED_MS = 90_000;
const VISIT_MS = 50;
const SLOW_MS = 1_000;
/** Of a visitor: while a gateway is replaced, packets to the other cluster are lost, and TCP sends them again. */
const PATIENCE_MS = 20_000;
/** What the end of a gateway of the last release may cost those on their way to the other cluster; all else costs nobody anything. */
const GATEWAY_MS = 20_000;
const GATEWAYS = [
  ["rome", "liqo-tenant-milan", "deployment/gw-milan"],
  ["milan", "liqo-tenant-rome", "deployment/gw-rome"],
] as const;

describe("an upgrade", {
  concurrency: 1,
  skip: chosenName() === "playground" ? false : "needs an image of the last release",
}, () => {
  let clusters: Clusters;
  let last: LastRelease;
  let load: Load;
  let pods: Map<string, string>;

  before(async () => {
    last = unpackLastRelease();
    clusters = await startClusters({ name: "milan" }, { name: "rome" });
    last.offerImage(clusters.engine.env["LIQO_PLAYGROUND_HOME"] ?? "");
    for (const cluster of clusters.clusters)
      await installLiqo(clusters, cluster, cluster.name, "--local-chart-path", last.chart);
    await clusters.liqoctl("peer", "--context", "milan", "--remote-context", "rome");
    const url = await serve(clusters);
    load = new Load(url, VISIT_MS, PATIENCE_MS);
    pods = await identities();
  });
  after(async () => {
    await load?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
    last?.[Symbol.dispose]();
  });

  test("the last release is another version, and all of Liqo is of it", async () => {
    assert.notEqual(last.version, VERSION);
    for (const cluster of ["milan", "rome"]) assert.deepEqual(await versionsOf(cluster), [last.version]);
  });

  test("the provider, by liqoctl install", async (t) => {
    const [, rome] = clusters.clusters;
    assert.ok(rome);
    await whileVisited(t, "rome", () => installLiqo(clusters, rome));
  });

  test("the versions are mixed: a new pod is offloaded, and its logs are read", () => offloadsAnew("mixed"));

  test("the consumer, by helm upgrade", async (t) => {
    await whileVisited(t, "milan", async () => {
      await clusters.kubectl("milan", "apply", "--server-side", "--force-conflicts", "-f", join(CHART, "crds"));
      const upgrade = ["upgrade", "liqo", CHART, ...LIQO, "--reset-then-reuse-values", "--wait", "--timeout", "90s"];
      await clusters.helm("milan", ...upgrade);
    });
  });

  test("both are of this version: a new pod is offloaded, and its logs are read", () => offloadsAnew("after"));

  for (const [cluster, namespace, gateway] of GATEWAYS)
    test(`from this version on, nobody loses a request when the gateway of ${cluster} is replaced`, async (t) => {
      const replace = async (): Promise<void> => {
        await clusters.kubectl(cluster, "rollout", "restart", gateway, "-n", namespace);
        await clusters.kubectl(cluster, "rollout", "status", gateway, "-n", namespace, "--timeout=90s");
      };
      await whileVisited(t, cluster, replace, 0);
    });

  test("without its hook, removed from a provider in use and installed again, Liqo goes on where it was", async () => {
    const [, rome] = clusters.clusters;
    assert.ok(rome);
    await clusters.helm("rome", "uninstall", "liqo", ...LIQO, "--no-hooks", "--wait", "--timeout", "90s");
    await installLiqo(clusters, rome);
    await clusters.kubectl("milan", "wait", "node/liqo-rome", "--for=condition=Ready", "--timeout=90s");
    await offloadsAnew("again");
    assert.deepEqual(await identities(), pods);
  });

  /** No page's pod is another one or was restarted, and visitors get their answers but for one gap. */
  async function whileVisited(
    t: { diagnostic: (text: string) => void },
    cluster: string,
    upgrade: () => Promise<unknown>,
    mostMs = GATEWAY_MS,
  ): Promise<void> {
    const startedMs = performance.now();
    await upgrade();
    await eventually(
      `all of Liqo in ${cluster} is of this version`,
      async () => assert.deepEqual(await versionsOf(cluster), [VERSION]),
      ROLLED_MS,
    );
    await eventually("both pages answer, and the virtual node is ready", async () => {
      const answers = new Set(load.since(performance.now() - 3_000).map(({ who }) => who?.split("-")[0]));
      assert.deepEqual([...answers].sort(), ["far", "near"]);
      await clusters.kubectl("milan", "wait", "node/liqo-rome", "--for=condition=Ready", "--timeout=1s");
    });
    await delay(PATIENCE_MS);
    const answers = load.since(startedMs).filter(({ atMs }) => atMs + PATIENCE_MS < performance.now());
    const lost = answers.filter(({ who }) => who === undefined).map(({ atMs }) => Math.round(atMs - startedMs));
    const waited = answers.filter(({ tookMs }) => tookMs > SLOW_MS).map(({ tookMs }) => tookMs);
    const slowestMs = Math.round(Math.max(...answers.map(({ tookMs }) => tookMs)));
    t.diagnostic(
      `${answers.length} requests, ${waited.length} took more than a second, the slowest ${slowestMs} ms, ${lost.length} were lost`,
    );
    const gapMs = Math.max(...lost, 0) - Math.min(...lost, Infinity);
    assert.ok(lost.length === 0 || gapMs < mostMs, `requests were lost that began after ${lost.join(", ")} ms`);
    assert.deepEqual(await identities(), pods);
  }

  /** Versions of the images of all of Liqo's pods that are not ending. */
  async function versionsOf(cluster: string): Promise<string[]> {
    const { items } = await clusters.get<{ items: Pod[] }>(cluster, "pods", "-A");
    const images = items
      .filter(({ metadata }) => metadata?.namespace?.startsWith("liqo") === true)
      .flatMap(({ spec }) => spec?.containers.map(({ image }) => image?.split(":").at(-1) ?? "") ?? []);
    return [...new Set(images)].sort();
  }

  async function identities(): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const [cluster, namespace] of [
      ["milan", NAMESPACE],
      ["rome", `${NAMESPACE}-milan`],
    ] as const) {
      const { items } = await clusters.get<{ items: Pod[] }>(cluster, "pods", "-n", namespace, "-l", "app=web");
      for (const { metadata, status } of items)
        found.set(`${cluster} ${metadata?.name}`, `${metadata?.uid} ${status?.containerStatuses?.[0]?.restartCount}`);
    }
    return found;
  }

  async function offloadsAnew(name: string): Promise<void> {
    const overrides = JSON.stringify({ spec: { nodeSelector: { "liqo.io/type": "virtual-node" } } });
    const command = ["--command", "--", "sh", "-c", "echo I am here; exec sleep 1000"];
    await clusters.kubectl(
      "milan",
      "run",
      name,
      "-n",
      NAMESPACE,
      "--image=busybox",
      `--overrides=${overrides}`,
      ...command,
    );
    await clusters.kubectl("milan", "wait", `pod/${name}`, "-n", NAMESPACE, "--for=condition=Ready", "--timeout=60s");
    assert.equal(await clusters.kubectl("milan", "logs", name, "-n", NAMESPACE), "I am here\n");
    await clusters.kubectl("milan", "delete", "pod", name, "-n", NAMESPACE, "--now");
  }
});

/** A Deployment at home and one away behind one Service; its URL. */
async function serve({ kubectl, liqoctl, ...clusters }: Clusters): Promise<string> {
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  for (const name of PLACES) {
    const nodeSelector =
      name === "far" ? { "liqo.io/type": "virtual-node" } : { "kubernetes.io/hostname": "worker-node-1" };
    const labels = { app: "web", place: name };
    const container = { name: "nginx", image: "nginx", command: PAGE_WITH_NAME };
    const deployment = {
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name } },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { nodeSelector, containers: [container] } },
      },
    };
    const input = JSON.stringify(deployment);
    await clusters.tryKubectl("milan", ["apply", "-n", NAMESPACE, "-f", "-"], { input });
    await kubectl("milan", "rollout", "status", "deployment", name, "-n", NAMESPACE, "--timeout=60s");
  }
  await kubectl("milan", "create", "service", "loadbalancer", "web", "-n", NAMESPACE, "--tcp=80");
  const all = { kubectl, liqoctl, ...clusters } as Clusters;
  return `http://${await loadBalancerAddress(all, NAMESPACE, "web")}/`;
}
