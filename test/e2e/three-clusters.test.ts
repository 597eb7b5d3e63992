/**
 * One consumer with two providers, and a Service with pods at all three: whoever asks for it, a provider's pod too, gets to
 * every pod, also after pods were replaced, to all that are left while one provider is away, and directly where the
 * providers are peers.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Configuration } from "#api/networking/configuration.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { Kernels } from "#kit/kernels.ts";
import { PAGE_WITH_NAME } from "#kit/services.ts";

const HOME = "milan";
const PROVIDERS = ["rome", "naples"] as const;
const NAMESPACE = "web";
const REPLICAS = 6;
const DIRECT = "liqo.io/use-direct-connections";
// A node without a heartbeat for 50 s is not ready.
const GONE_MS = 90_000;

type List<T> = { readonly items: readonly T[] };

describe("a consumer with two providers", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let kernels: Kernels;
  before(async () => {
    clusters = await startClusters(...[HOME, ...PROVIDERS].map((name) => ({ name, workers: 1 })));
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
    kernels = await Kernels.look(clusters);
    for (const provider of PROVIDERS) await clusters.liqoctl("peer", "--context", HOME, "--remote-context", provider);
    await serve(clusters);
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  it("the Service leads to the pods of all clusters, from all of them", async () => {
    await allFollow(clusters, PROVIDERS);
  });

  it("pods that are replaced are followed everywhere", async () => {
    const before = (await podsOf(clusters)).map(({ metadata }) => metadata?.name);
    await clusters.kubectl(HOME, "rollout", "restart", "deployment/web", "-n", NAMESPACE);
    await clusters.kubectl(HOME, "rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=90s");
    await eventually("all pods are new ones", async () => {
      const pods = await podsOf(clusters);
      assert.equal(pods.length, REPLICAS);
      assert.ok(pods.every(({ metadata }) => !before.includes(metadata?.name)));
    });
    await allFollow(clusters, PROVIDERS);
  });

  it("one provider that is away holds up neither the other nor home, and catches up", async () => {
    await machineOf(clusters.engine).stop("rome");
    await isReady(clusters, "rome", "Unknown", "False");
    const [lost] = (await podsOf(clusters)).filter(({ spec }) => isAtHome(spec));
    await clusters.kubectl(HOME, "delete", "pod", lost?.metadata?.name ?? "", "-n", NAMESPACE, "--now");
    await allFollow(clusters, ["naples"]);
    await machineOf(clusters.engine).start("rome");
    await isReady(clusters, "rome", "True");
    await allFollow(clusters, PROVIDERS);
  });

  it("providers that are peers themselves reach each other's pods directly, where the Service wishes it", async () => {
    const { kubectl, liqoctl } = clusters;
    const annotate = (value: string) => kubectl(HOME, "annotate", "service/web", "-n", NAMESPACE, `${DIRECT}${value}`);
    await annotate("=true");
    // No peering between the two yet: the way is still through the consumer.
    await allFollow(clusters, PROVIDERS);
    await liqoctl("network", "connect", "--context", "rome", "--remote-context", "naples");
    await eventually("rome has the pods at naples where its own peering with naples has them", async () => {
      const seen = await podCidrOf(clusters, "rome", "naples");
      const addresses = await endpointAddresses(clusters, "rome");
      assert.equal(addresses.filter((each) => each.startsWith(seen)).length, 2, `${seen}: ${addresses}`);
    });
    await allFollow(clusters, PROVIDERS);
    await annotate("-");
    await eventually("rome has them from the consumer again", async () => {
      const seen = await podCidrOf(clusters, "rome", "naples");
      const addresses = await endpointAddresses(clusters, "rome");
      assert.ok(!addresses.some((each) => each.startsWith(seen)), `${seen}: ${addresses}`);
    });
    await allFollow(clusters, PROVIDERS);
  });

  it("nodes keep nothing when all peerings have ended", async () => {
    const { kubectl, liqoctl } = clusters;
    await kubectl(HOME, "delete", "namespace", NAMESPACE);
    await liqoctl("network", "reset", "--context", "rome", "--remote-context", "naples", "--skip-confirm", "--wait");
    for (const provider of PROVIDERS)
      await liqoctl("unpeer", "--context", HOME, "--remote-context", provider, "--delete-namespaces");
    await kernels.areAsBefore();
  });
});

/** How the addresses of the peer's pods begin in the cluster's view. */
async function podCidrOf({ get }: Clusters, cluster: string, peer: string): Promise<string> {
  const { items } = await get<List<Configuration>>(cluster, "configurations", "-n", `liqo-tenant-${peer}`);
  const [cidr = ""] = items[0]?.status?.remote?.cidr?.pod ?? [];
  // /16, as the clusters here have it.
  return `${cidr.split(".").slice(0, 2).join(".")}.`;
}

async function endpointAddresses({ get }: Clusters, place: string): Promise<string[]> {
  const selector = ["-l", "kubernetes.io/service-name=web"];
  const namespace = `${NAMESPACE}-${HOME}`;
  const { items } = await get<List<EndpointSlice>>(place, "endpointslices", "-n", namespace, ...selector);
  return items.flatMap(({ endpoints }) => endpoints ?? []).flatMap(({ addresses }) => addresses);
}

/** Two pods on each node, which answer with their names. */
async function serve({ kubectl, tryKubectl, liqoctl }: Clusters): Promise<void> {
  await kubectl(HOME, "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", HOME);
  const labels = { app: "web" };
  const spread = {
    maxSkew: 1,
    topologyKey: "kubernetes.io/hostname",
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: { matchLabels: labels },
  };
  const spec = {
    terminationGracePeriodSeconds: 1,
    topologySpreadConstraints: [spread],
    // Longer than a provider is away here.
    tolerations: ["unreachable", "not-ready"].map((state) => ({
      key: `node.kubernetes.io/${state}`,
      operator: "Exists",
      effect: "NoExecute",
    })),
    containers: [
      {
        name: "nginx",
        image: "nginx",
        command: PAGE_WITH_NAME,
        readinessProbe: { httpGet: { port: 80 }, periodSeconds: 1 },
      },
    ],
  };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas: REPLICAS,
      // So that the pods before do not count where the new ones are spread.
      strategy: { type: "Recreate" },
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
    },
  };
  const input = JSON.stringify(deployment);
  const applied = await tryKubectl(HOME, ["apply", "-n", NAMESPACE, "-f", "-"], { input });
  assert.equal(applied.code, 0, applied.stderr);
  await kubectl(HOME, "expose", "deployment", "web", "-n", NAMESPACE, "--port=80");
  await kubectl(HOME, "rollout", "status", "deployment/web", "-n", NAMESPACE, "--timeout=90s");
}

/** `present`: the providers that are there. What is behind the Service at home and at each of them, and who answers there. */
async function allFollow(clusters: Clusters, present: readonly string[]): Promise<void> {
  for (const place of [HOME, ...present]) {
    await eventually(`the Service as ${place} has it`, async () => {
      const pods = await podsOf(clusters);
      const isReachable = ({ spec }: Pod) =>
        isAtHome(spec) || present.some((name) => spec?.nodeName === `liqo-${name}`);
      const reachable = pods.filter(isReachable);
      assert.ok(reachable.length > present.length, `${reachable.length} pods on 1 + ${present.length} nodes`);
      assert.equal(await readyEndpoints(clusters, place), reachable.length);
      const asker = pods.find(({ spec }) => (place === HOME ? isAtHome(spec) : spec?.nodeName === `liqo-${place}`));
      const names = reachable.map(({ metadata }) => metadata?.name ?? "").sort();
      assert.deepEqual(await answers(clusters, asker?.metadata?.name ?? ""), names);
    });
  }
}

async function podsOf({ get }: Clusters): Promise<readonly Pod[]> {
  const { items } = await get<List<Pod>>(HOME, "pods", "-n", NAMESPACE, "-l", "app=web");
  return items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
}

function isAtHome(spec: Pod["spec"]): boolean {
  return spec?.nodeName === "worker-node-1";
}

async function readyEndpoints({ get }: Clusters, place: string): Promise<number> {
  const namespace = place === HOME ? NAMESPACE : `${NAMESPACE}-${HOME}`;
  const selector = ["-l", "kubernetes.io/service-name=web"];
  const { items } = await get<List<EndpointSlice>>(place, "endpointslices", "-n", namespace, ...selector);
  return items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready === true)
    .length;
}

/** The names of the pods that answer one that asks often enough, without those that did not at once. */
async function answers({ kubectl }: Clusters, pod: string): Promise<string[]> {
  const ask = "for i in $(seq 60); do curl -s -m 2 http://web; done";
  const text = await kubectl(HOME, "exec", "-n", NAMESPACE, pod, "--", "sh", "-c", ask);
  return [...new Set(text.trim().split("\n"))].sort();
}

function isReady({ get }: Clusters, provider: string, ...wanted: readonly string[]): Promise<void> {
  return eventually(
    `node liqo-${provider}: ready is ${wanted.join(" or ")}`,
    async () => {
      const { status } = await get<Node>(HOME, "node", `liqo-${provider}`);
      const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "";
      assert.ok(wanted.includes(ready), ready);
    },
    GONE_MS,
  );
}
