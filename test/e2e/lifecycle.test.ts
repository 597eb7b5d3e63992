/** Liqo's life on two clusters: install, peer, use, unpeer, uninstall; after it both are as they were. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Service } from "kubernetes-types/core/v1";
import { needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { difference, inventory } from "#kit/inventory.ts";
import { Kernels } from "#kit/kernels.ts";
import { liqoCrds } from "#kit/liqo-crds.ts";
import { page } from "#kit/load.ts";

const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const NAMESPACE = "web";
const CONNECTIONS = 50;
// A lost first packet is sent again after 1 s.
const NO_PACKET_LOST_MS = 900;
const GONE_MS = 20_000;

describe("Liqo's life cycle", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let objects: string[];
  let kernels: Kernels;

  before(async () => {
    clusters = await startClusters({ name: "milan" }, { name: "rome" });
    objects = await allObjects(clusters);
    kernels = await Kernels.look(clusters);
  });

  after(() => clusters?.[Symbol.asyncDispose]());

  it("installs, and says so again when repeated", async () => {
    for (const cluster of clusters.clusters) await installLiqo(clusters, cluster);
    const [milan] = clusters.clusters;
    assert.ok(milan);
    await installLiqo(clusters, milan);
    assert.equal((await clusters.liqoctl("info", "--context", "milan", "-g", "clusterid")).trim(), "milan");
    assert.match(await clusters.liqoctl("version", "--context", "milan"), /Client version: (v\S+)\nServer version: \1/);
  });

  it("peers, and repeating it changes nothing", async () => {
    await clusters.liqoctl("peer", ...PEERS);
    const first = await sliceUid(clusters);
    await clusters.liqoctl("peer", ...PEERS);
    assert.equal(await sliceUid(clusters), first);
    // So that the comparison at the end is known to see what Liqo does to a node.
    assert.ok((await kernels.changes()).some((line) => line.includes("liqo.")));
  });

  it("info tells both sides of the peering", async () => {
    const { liqoctl } = clusters;
    const info = JSON.parse(await liqoctl("info", "--context", "milan", "-o", "json")) as Record<string, unknown>;
    assert.deepEqual(Object.keys(info), ["health", "local", "network", "peerings"]);
    await eventually("a healthy peering", async () => {
      const text = await liqoctl("info", "--context", "milan", "-g", "peerings.peers");
      const [peer] = JSON.parse(text) as Record<string, unknown>[];
      const { latency, mtu, certificateEnds, ...rest } = peer ?? {};
      assert.ok(latency);
      assert.equal(mtu, 1340);
      assert.ok(Date.parse(String(certificateEnds)) > Date.now());
      const healthy = {
        networkingStatus: "Healthy",
        authenticationStatus: "Healthy",
        offloadingStatus: "Healthy",
        apiServerStatus: "Healthy",
      };
      assert.deepEqual(rest, { clusterID: "rome", role: "Provider", ...healthy });
    });
    const slice = "authentication.resourceSlices";
    assert.match(
      await liqoctl("info", "peer", "--context", "milan", "-g", slice),
      /"action":"Consuming","accepted":true/,
    );
    assert.match(await liqoctl("info", "peer", "milan", "--context", "rome", "-o", "yaml"), /action: Providing/);
  });

  it("a page in the other cluster is reached from outside without losing a packet", async () => {
    for (const url of await serveRemotely(clusters)) {
      const tookMs = [];
      for (let i = 0; i < CONNECTIONS; i++) {
        const startedMs = performance.now();
        assert.match((await page(url, 5_000)) ?? "no answer", /nginx/, url);
        tookMs.push(performance.now() - startedMs);
      }
      assert.ok(Math.max(...tookMs) < NO_PACKET_LOST_MS, `${url}: ${tookMs.map(Math.round).join(", ")} ms`);
    }
  });

  it("uninstall refuses while Liqo is in use, and changes nothing", async () => {
    const earlier = await allObjects(clusters);
    const { code, stderr } = await clusters.tryLiqoctl(["uninstall", "--context", "milan", "--skip-confirm"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /Liqo is still in use: NamespaceOffloading web\/offloading, ResourceSlice liqo-tenant-rome\/rome/,
    );
    assert.deepEqual(difference(earlier, await allObjects(clusters)), []);
  });

  it("unoffload asks first; the twin namespace goes, local pods stay", async () => {
    const { tryLiqoctl, kubectl, tryKubectl } = clusters;
    const unoffload = ["unoffload", "namespace", NAMESPACE, "--context", "milan"];
    assert.equal((await tryLiqoctl(unoffload)).code, 1);
    assert.equal((await tryLiqoctl(unoffload, { input: "n\n" })).code, 1);
    await kubectl("rome", "get", "namespace", "web-milan");
    assert.equal((await tryLiqoctl(unoffload, { input: "y\n" })).code, 0);
    assert.match((await tryKubectl("rome", ["get", "namespace", "web-milan"])).stderr, /not found/);
    await kubectl("milan", "get", "namespace", NAMESPACE);
    await kubectl("milan", "delete", "namespace", NAMESPACE);
  });

  it("unpeers, and again without complaint; the same clusters can peer once more", async () => {
    const { liqoctl, tryKubectl } = clusters;
    await liqoctl("unpeer", ...PEERS);
    assert.match((await tryKubectl("milan", ["get", "node", "liqo-rome"])).stderr, /not found/);
    await liqoctl("unpeer", ...PEERS);
    await liqoctl("peer", ...PEERS);
    await liqoctl("unpeer", ...PEERS, "--delete-namespaces");
    for (const cluster of ["milan", "rome"])
      assert.doesNotMatch(await clusters.kubectl(cluster, "get", "namespace", "-o", "name"), /liqo-tenant/);
  });

  it("uninstall leaves the CRDs and its namespace, with --purge nothing", async () => {
    for (const cluster of ["milan", "rome"])
      await clusters.liqoctl("uninstall", "--context", cluster, "--skip-confirm");
    await eventually(
      "only CRDs and namespace liqo are left",
      async () => {
        const left = difference(objects, await allObjects(clusters));
        // An APIService is the API server's own record of a group that it serves.
        const isMeant = (line: string) =>
          /^\+ \w+ ((CustomResourceDefinition|APIService) -\/\S+\.liqo\.io|Namespace -\/liqo|\w+ liqo\/\S+) /.test(
            line,
          );
        assert.deepEqual(
          left.filter((line) => !isMeant(line)),
          [],
        );
        assert.equal(left.filter((line) => line.includes(" CustomResourceDefinition ")).length, 2 * liqoCrds().length);
      },
      GONE_MS,
    );
    for (const cluster of ["milan", "rome"])
      await clusters.liqoctl("uninstall", "--context", cluster, "--skip-confirm", "--purge");
    await eventually(
      "both clusters are as they were",
      async () => {
        assert.deepEqual(difference(objects, await allObjects(clusters)), []);
      },
      GONE_MS,
    );
  });

  it("nothing is left in the kernels of the nodes", async () => {
    await kernels.areAsBefore();
  });
});

async function allObjects(clusters: Clusters): Promise<string[]> {
  return (await Promise.all(clusters.clusters.map(({ name }) => inventory(clusters, name)))).flat();
}

async function sliceUid({ kubectl }: Clusters): Promise<string> {
  // Kubernetes has resource slices of its own.
  const kind = "resourceslices.authentication.liqo.io";
  return kubectl("milan", "get", kind, "rome", "-n", "liqo-tenant-rome", "-o", "jsonpath={.metadata.uid}");
}

/** An nginx on the virtual node only; its addresses from outside: load balancer and NodePorts of both workers. */
async function serveRemotely({ kubectl, get, liqoctl, clusters }: Clusters): Promise<string[]> {
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan", "--pod-offloading-strategy", "Remote");
  await kubectl("milan", "run", "far", "-n", NAMESPACE, "--image=nginx", "--port=80");
  await kubectl("milan", "expose", "pod", "far", "-n", NAMESPACE, "--type=LoadBalancer");
  await kubectl("milan", "wait", "-n", NAMESPACE, "pod/far", "--for=condition=Ready", "--timeout=60s");
  const { port, ip } = await eventually("an address of the Service", async () => {
    const { spec, status } = await get<Service>("milan", "service", "far", "-n", NAMESPACE);
    const address = status?.loadBalancer?.ingress?.[0]?.ip;
    assert.ok(address);
    return { ip: address, port: spec?.ports?.[0]?.nodePort };
  });
  const addresses = 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}';
  const workers = clusters.find(({ name }) => name === "milan")?.workers ?? [];
  const hosts = await Promise.all(workers.map((worker) => kubectl("milan", "get", "node", worker, "-o", addresses)));
  const urls = [`http://${ip}/`, ...hosts.map((host) => `http://${host}:${port}/`)];
  for (const url of urls)
    await eventually(`an answer of ${url}`, async () => assert.match((await page(url, 2_000)) ?? "", /nginx/));
  return urls;
}
