import assert from "node:assert/strict";
import { test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
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

test("a peer that answers, and no longer lets the identity in, is told apart from one that does", async () => {
  const forbidden = new Set<string>();
  await using clusters = await startTwoClusters({ forbidden });
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  const { api } = clusters.provider;
  const params = { apiServer: api.url, ca: Buffer.from(api.ca).toString("base64") };
  const wanted = forgeControlPlaneIdentity("cluster-b", namespace, TENANT_NAMESPACES.provider, params);
  const identity = await client.create(ctx, identities, wanted);
  const forged = forgeKubeconfigSecret(identity, "KEY", {});
  const kubeconfig = {
    clusters: [{ name: "b", cluster: { server: api.url, "certificate-authority-data": params.ca } }],
    contexts: [{ name: "b", context: { cluster: "b", user: "b" } }],
    "current-context": "b",
    users: [{ name: "b", user: { token: api.adminToken } }],
  };
  const data = { kubeconfig: Buffer.from(JSON.stringify(kubeconfig)).toString("base64") };
  const secret = await client.create(ctx, secrets, { ...forged, data });
  const status = { kubeconfigSecretRef: { name: secret.metadata?.name ?? "" } };
  await client.updateStatus(ctx, identities, { ...identity, status });
  await using informers = new Informers(ctx, client);
  const deps = controllerDeps(client, informers);
  const settings = { ...deps.settings, foreignClusterPingMs: 50 };
  const running = runController(ctx, foreignClusterController({ ...deps, settings }));
  const states = ({ status: found }: ForeignCluster): (string | undefined)[] => [
    found?.conditions?.[0]?.status,
    found?.modules?.authentication.conditions?.[0]?.reason,
  ];
  const isSeen = (...expected: string[]) =>
    seen(client, foreignClusters, { name: "cluster-b" }, (found) => states(found).join() === expected.join());
  await isSeen("Established", "IdentityReady");
  forbidden.add("namespacemaps");
  await isSeen("Established", "IdentityRefused");
  forbidden.clear();
  await isSeen("Established", "IdentityReady");
  cancel();
  await running;
});
