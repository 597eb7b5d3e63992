import assert from "node:assert/strict";
import { test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { withCancel } from "#base/context.ts";
import { forgeControlPlaneIdentity, forgeKubeconfigSecret } from "#forge/authentication.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { seen, startTwoClusters, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { pods, secrets } from "#machinery/builtin.ts";
import { foreignClusterController } from "./controller.ts";

const namespace = TENANT_NAMESPACES.consumer;
const own = { [labels.REMOTE_CLUSTER_ID]: "cluster-b" };

test("only what lies in the peer's tenant namespace tells of the peer", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  await client.create(ctx, tenants, {
    metadata: { namespace: "off", name: "evil", labels: { ...own, [labels.REMOTE_CLUSTER_ID]: "evil" } },
  });
  await client.create(ctx, virtualNodes, {
    metadata: { namespace, name: "liqo-b", labels: own },
    spec: { clusterID: "cluster-b" },
  });
  const pod = (name: string) => ({ name, labels: { ...own, [labels.VIRTUAL_NODE]: "liqo-b" } });
  const spec = { containers: [{ name: "c", image: "i" }] };
  // An offloaded pod that says it were a virtual kubelet, and does not run.
  await client.create(ctx, pods, { metadata: { ...pod("forged"), namespace: "off" }, spec });
  const real = await client.create(ctx, pods, { metadata: { ...pod("vk"), namespace }, spec });
  const conditions = [{ type: "Ready", status: "True" }];
  await client.updateStatus(ctx, pods, { ...real, status: { phase: "Running", conditions } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, foreignClusterController(controllerDeps(client, informers)));
  const cluster = await seen(client, foreignClusters, { name: "cluster-b" }, ({ status }) => status !== undefined);
  const found = cluster.status?.modules?.offloading.conditions?.find(
    ({ type }) => type === "OffloadingVirtualNodeStatus",
  );
  assert.equal(found?.status, "Ready");
  const { items } = await client.list(ctx, foreignClusters);
  assert.deepEqual(
    items.map(({ metadata }) => metadata?.name),
    ["cluster-b"],
  );
  cancel();
  await running;
});

test("a kubeconfig that must not be used makes the peer's API server not ready", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  const wanted = forgeControlPlaneIdentity("cluster-b", namespace, "liqo-tenant-cluster-a", { apiServer: "http://b" });
  const identity = await client.create(ctx, identities, wanted);
  const secret = await client.create(ctx, secrets, forgeKubeconfigSecret(identity, "KEY", {}));
  const status = { kubeconfigSecretRef: { name: secret.metadata?.name ?? "" } };
  await client.updateStatus(ctx, identities, { ...identity, status });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, foreignClusterController(controllerDeps(client, informers)));
  const cluster = await seen(
    client,
    foreignClusters,
    { name: "cluster-b" },
    (found) => found.status?.conditions !== undefined,
  );
  assert.equal(cluster.status?.conditions?.[0]?.reason, "APIServerNotReady");
  cancel();
  await running;
});
