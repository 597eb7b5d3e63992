/** Two clusters that use each other: one tunnel carries both directions, and either may end while the other goes on. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { PAGE_WITH_NAME } from "#kit/services.ts";
import { takePeered } from "#kit/shared-clusters.ts";

const BACK = ["--context", "rome", "--remote-context", "milan"] as const;
/** Consumer and provider of each namespace. */
const NAMESPACES = { there: ["milan", "rome"], back: ["rome", "milan"] } as const;
type Namespace = keyof typeof NAMESPACES;

describe("peering in both directions", () => {
  let clusters: Clusters;
  let first: string;

  before(async () => {
    clusters = await takePeered();
    await serve(clusters, "there");
    first = await identityOf(clusters);
  });

  after(() => clusters?.[Symbol.asyncDispose]());

  it("the second direction uses the tunnel of the first", async () => {
    await clusters.liqoctl("peer", ...BACK);
    for (const [cluster, peer] of [NAMESPACES.there, NAMESPACES.back]) {
      await isReady(clusters, cluster, peer);
      const { items } = await clusters.get<{ items: object[] }>(cluster, "connections.networking.liqo.io", "-A");
      assert.equal(items.length, 1);
    }
    assert.equal(await identityOf(clusters), first, "the pod of the first direction was touched");
  });

  it("pods run both ways and reach each other by their Services", async () => {
    await serve(clusters, "back");
    await Promise.all([bothAnswer(clusters, "there"), bothAnswer(clusters, "back")]);
  });

  it("the second direction ends, and the first one goes on", async () => {
    await clusters.kubectl("rome", "delete", "namespace", "back");
    await clusters.liqoctl("unpeer", ...BACK);
    assert.match((await clusters.tryKubectl("rome", ["get", "node", "liqo-milan"])).stderr, /not found/);
    await isReady(clusters, "milan", "rome");
    await bothAnswer(clusters, "there");
    assert.equal(await identityOf(clusters), first, "the pod of the first direction was touched");
  });
});

/** A pod at home and one away behind one Service. */
async function serve(clusters: Clusters, namespace: Namespace): Promise<void> {
  const [consumer] = NAMESPACES[namespace];
  const run = (...args: readonly string[]) => clusters.kubectl(consumer, "-n", namespace, ...args);
  await clusters.kubectl(consumer, "create", "namespace", namespace);
  await clusters.liqoctl("offload", "namespace", namespace, "--context", consumer);
  for (const name of ["home", "away"]) {
    const nodeSelector =
      name === "away" ? { "liqo.io/type": "virtual-node" } : { "kubernetes.io/hostname": "worker-node-1" };
    const containers = [{ name: "nginx", image: "nginx", command: PAGE_WITH_NAME }];
    const overrides = JSON.stringify({ spec: { nodeSelector, containers } });
    await run("run", name, "--image=nginx", "--labels=app=web", `--overrides=${overrides}`);
  }
  await run("create", "service", "clusterip", "web", "--tcp=80");
  await run("wait", "pod", "--all", "--for=condition=Ready", "--timeout=60s");
}

async function bothAnswer({ kubectl }: Clusters, namespace: Namespace): Promise<void> {
  const [consumer] = NAMESPACES[namespace];
  const ask = "for i in $(seq 16); do curl -s -m 3 http://web; done";
  for (const pod of ["home", "away"]) {
    await eventually(`${pod} of ${namespace} reaches both`, async () => {
      const answers = await kubectl(consumer, "exec", "-n", namespace, pod, "--", "sh", "-c", ask);
      assert.deepEqual([...new Set(answers.trim().split("\n"))].sort(), ["away", "home"]);
    });
  }
}

function isReady({ get }: Clusters, cluster: string, peer: string): Promise<void> {
  return eventually(`node liqo-${peer} is ready`, async () => {
    const { status } = await get<Node>(cluster, "node", `liqo-${peer}`);
    assert.equal(status?.conditions?.find(({ type }) => type === "Ready")?.status, "True");
  });
}

async function identityOf({ get }: Clusters): Promise<string> {
  const { metadata, status } = await get<Pod>("rome", "pod", "away", "-n", "there-milan");
  return `${metadata?.uid} ${status?.containerStatuses?.map(({ containerID }) => containerID).join(" ")}`;
}
