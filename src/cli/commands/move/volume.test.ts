import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { PersistentVolume } from "kubernetes-types/core/v1";
import { namespaceMaps, namespaceOffloadings } from "#api/offloading/namespace.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { createWithStatus } from "#kit/with-status.ts";
import { namespaces, nodes, persistentVolumeClaims, persistentVolumes, pods, secrets } from "#machinery/builtin.ts";
import { moveNameOf } from "./forge.ts";

const SHOP = "shop";

describe("move volume, where nothing can be moved", () => {
  let clusters: CliClusters;
  before(async () => {
    clusters = await startCliClusters();
    const { ctx } = clusters;
    const { client } = clusters.consumer;
    await client.create(ctx, namespaces, { metadata: { name: SHOP } });
    await client.create(ctx, nodes, { metadata: { name: "worker-node-1" } });
    const labels = { "liqo.io/type": "virtual-node", "liqo.io/remote-cluster-id": "cluster-b" };
    await client.create(ctx, nodes, { metadata: { name: "liqo-b", labels } });
    await claimed("data", "liqo.io/storage", "DoesNotExist");
    await claimed("fast", "example.com", "DoesNotExist");
    await claimed("away", "liqo.io/storage", "Exists");
    await client.create(ctx, persistentVolumeClaims, { metadata: { namespace: SHOP, name: "new" }, spec: SPEC });
  });
  after(() => clusters[Symbol.asyncDispose]());

  const SPEC = {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "liqo",
    resources: { requests: { storage: "1Gi" } },
  };

  /** A claim with a volume on nodes of which the label liqo.io/type is, or is not. */
  async function claimed(name: string, by: string, operator: string): Promise<void> {
    const { ctx, consumer } = clusters;
    const volume: PersistentVolume = {
      metadata: { name: `pv-${name}`, annotations: { "pv.kubernetes.io/provisioned-by": by } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        capacity: { storage: "1Gi" },
        hostPath: { path: "/x" },
        storageClassName: "liqo",
        nodeAffinity: {
          required: { nodeSelectorTerms: [{ matchExpressions: [{ key: "liqo.io/type", operator }] }] },
        },
      },
    };
    await consumer.client.create(ctx, persistentVolumes, volume);
    const metadata = { namespace: SHOP, name };
    await consumer.client.create(ctx, persistentVolumeClaims, {
      metadata,
      spec: { ...SPEC, volumeName: `pv-${name}` },
    });
  }

  const move = (claim: string, node: string, more = "") =>
    clusters.liqoctl(`move volume ${claim} -n ${SHOP} --target-node ${node}${more}`);

  for (const [name, args, expected] of [
    ["a node that does not exist", ["data", "nosuch"], /--target-node nosuch: there is no such node\n {2}see `kubectl/],
    ["a claim that does not exist", ["nosuch", "liqo-b"], /error: the claim does not exist\n/],
    ["a claim without a volume", ["new", "liqo-b"], /claim shop\/new has no volume yet: there is nothing to move\n/],
    ["a claim of another class", ["fast", "liqo-b"], /claim shop\/fast is not of Liqo's storage class, but of liqo\n/],
    ["a namespace without a twin there", ["data", "liqo-b"], /namespace shop is not offloaded to cluster-b, or its/],
    [
      "what is no quantity",
      ["data", "liqo-b", " --containers-ram-limits=much"],
      /ram-limits "much": must be a quantity/,
    ],
  ] as [string, [string, string, string?], RegExp][]) {
    test(`${name} is refused`, async () => {
      const { code, stderr } = await move(...args);
      assert.equal(code, 1);
      assert.match(stderr, expected);
    });
  }

  test("where the volume is already, nothing is done", async () => {
    const { stderr } = await move("data", "worker-node-1");
    assert.equal(stderr, "✓ (local) Claim shop/data is on node worker-node-1\n");
  });

  test("a Secret that is somebody else's is left alone", async () => {
    const { ctx, consumer } = clusters;
    const key = { namespace: SHOP, name: moveNameOf("data") };
    await consumer.client.create(ctx, secrets, { metadata: key });
    assert.match(
      (await move("data", "liqo-b")).stderr,
      /Secret shop\/liqo-move-\w+ is in the way: it is none of a move/,
    );
    await consumer.client.delete(ctx, secrets, key);
  });

  test("pods that use the claim are named, and a strategy that keeps pods away from home", async () => {
    const { ctx, consumer } = clusters;
    const { client } = consumer;
    await createWithStatus(ctx, client, namespaceMaps, {
      metadata: { namespace: TENANT_NAMESPACES.consumer, name: "cluster-b" },
      status: { currentMapping: { [SHOP]: { remoteNamespace: "shop-a", phase: "Accepted" } } },
    });
    await client.create(ctx, namespaceOffloadings, {
      metadata: { namespace: SHOP, name: "offloading" },
      spec: {
        podOffloadingStrategy: "Remote",
        namespaceMappingStrategy: "DefaultName",
        clusterSelector: { nodeSelectorTerms: [] },
      },
    });
    assert.match((await move("data", "liqo-b")).stderr, /may not run at home: its strategy is Remote\n/);
    await client.create(ctx, pods, {
      metadata: { namespace: SHOP, name: "db-0" },
      spec: {
        containers: [{ name: "db", image: "db" }],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      },
    });
    assert.match((await move("data", "liqo-b")).stderr, /claim shop\/data is used by db-0\n {2}scale what owns/);
    assert.equal((await client.list(ctx, secrets, { namespace: SHOP })).items.length, 0);
  });
});
