import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { TYPE, TYPE_VIRTUAL_NODE } from "#api/labels.ts";
import { namespaceMaps, namespaceOffloadings } from "#api/offloading/namespace.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { NOT_ALLOWED_TOLERATION } from "#forge/node.ts";
import { forgeNamespaceMap } from "#forge/virtualnode-objects.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { namespaces, pods, roleBindings } from "#machinery/builtin.ts";
import { namespaceOffloadingController } from "./controller.ts";

const tenant = TENANT_NAMESPACES.consumer;
const KEY = { namespace: "off", name: "offloading" };
const MAP = { namespace: tenant, name: "cluster-b" };
const BINDING = { namespace: "off", name: "liqo-node-liqo-b" };

test("a namespace is extended to a provider, and given back", async () => {
  await using running = await runControllers([namespaceOffloadingController], async (ctx, client) => {
    const metadata = { namespace: tenant, name: "liqo-b" };
    await client.create(ctx, virtualNodes, { metadata, spec: { clusterID: "cluster-b" } });
    await client.create(ctx, namespaceMaps, forgeNamespaceMap("cluster-b", tenant));
  });
  const { ctx, client } = running;
  const spec = { podOffloadingStrategy: "LocalAndRemote", namespaceMappingStrategy: "DefaultName" } as const;
  await client.create(ctx, namespaceOffloadings, { metadata: KEY, spec });
  const map = await seen(
    client,
    namespaceMaps,
    MAP,
    (found) => found.spec?.desiredMapping?.["off"] === "off-cluster-a",
  );
  await seen(client, roleBindings, BINDING);
  await seen(client, namespaces, { name: "off" }, ({ metadata }) =>
    Object.entries(metadata?.labels ?? {}).some(([key, value]) => key.includes("scheduling") && value === "true"),
  );
  const currentMapping = { off: { remoteNamespace: "off-cluster-a", phase: "Accepted" as const } };
  await client.updateStatus(ctx, namespaceMaps, { ...map, status: { currentMapping } });
  const ready = await seen(client, namespaceOffloadings, KEY, ({ status }) => status?.offloadingPhase === "Ready");
  assert.equal(ready.status?.remoteNamespaceName, "off-cluster-a");
  await client.delete(ctx, namespaceOffloadings, KEY);
  const asked = await seen(client, namespaceMaps, MAP, (found) => found.spec?.desiredMapping?.["off"] === undefined);
  // The twin is still there: so is the right to empty it.
  await seen(client, namespaceOffloadings, KEY, ({ status }) => status?.offloadingPhase === "Terminating");
  await seen(client, roleBindings, BINDING);
  await client.updateStatus(ctx, namespaceMaps, { ...asked, status: { currentMapping: {} } });
  await gone(client, namespaceOffloadings, KEY);
  assert.equal(await client.find(ctx, roleBindings, BINDING), undefined);
});

test("an offloading of another name counts for nothing", async () => {
  await using running = await runControllers([namespaceOffloadingController], async (ctx, client) => {
    await client.create(ctx, namespaceMaps, forgeNamespaceMap("cluster-b", tenant));
    const metadata = { namespace: tenant, name: "liqo-b" };
    await client.create(ctx, virtualNodes, { metadata, spec: { clusterID: "cluster-b" } });
  });
  const { ctx, client } = running;
  const spec = { podOffloadingStrategy: "LocalAndRemote", namespaceMappingStrategy: "DefaultName" } as const;
  await client.create(ctx, namespaceOffloadings, { metadata: { ...KEY, name: "other" }, spec });
  await client.create(ctx, namespaceOffloadings, { metadata: { ...KEY, namespace: "default" }, spec });
  await seen(client, namespaceMaps, MAP, (found) => found.spec?.desiredMapping?.["default"] !== undefined);
  const map = await client.get(ctx, namespaceMaps, MAP);
  assert.deepEqual(Object.keys(map.spec?.desiredMapping ?? {}), ["default"]);
});

test("a pod that came before its namespace was looked at is let onto virtual nodes, when it asks for one", async () => {
  const containers = [{ name: "c", image: "i" }];
  await using running = await runControllers([namespaceOffloadingController], async (ctx, client) => {
    const nodeSelector = { [TYPE]: TYPE_VIRTUAL_NODE };
    await client.create(ctx, pods, {
      metadata: { namespace: "off", name: "asks" },
      spec: { nodeSelector, containers },
    });
    await client.create(ctx, pods, { metadata: { namespace: "off", name: "does-not" }, spec: { containers } });
  });
  const { ctx, client } = running;
  const spec = { podOffloadingStrategy: "LocalAndRemote", namespaceMappingStrategy: "DefaultName" } as const;
  await client.create(ctx, namespaceOffloadings, { metadata: KEY, spec });
  const isTolerant = (pod: Pod) => (pod.spec?.tolerations ?? []).some(({ key }) => key === NOT_ALLOWED_TOLERATION.key);
  await seen(client, pods, { namespace: "off", name: "asks" }, isTolerant);
  assert.equal(isTolerant(await client.get(ctx, pods, { namespace: "off", name: "does-not" })), false);
});
