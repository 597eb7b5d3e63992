import { test } from "node:test";
import { ips } from "#api/ipam/ip.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import { API_SERVER_IP, forgeWellKnownIp } from "#forge/ip.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { forgeNodePortFirewall } from "#forge/networking/firewall.ts";
import { forgeInternalNode } from "#forge/networking/internal.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { seen } from "#kit/two-clusters.ts";
import { clusterRoleBindings, deployments } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { ownObjectsController } from "./controller.ts";

// Where the tests' controllers are installed.
const NAMESPACE = "default";
const NODE = forgeInternalNode("worker", "10.80.0.2", "liqo.a");
const ADDRESS = forgeWellKnownIp(NAMESPACE, { name: API_SERVER_IP, type: API_SERVER_IP, address: "10.96.0.1" });
const TABLE = forgeNodePortFirewall([], NAMESPACE, "10.70.0.1");

test("what is made for a cluster without peers is owned by what the chart installed", async () => {
  await using running = await runControllers([ownObjectsController], async (ctx, client) => {
    await client.create(ctx, internalNodes, NODE);
    await client.create(ctx, ips, ADDRESS);
    await client.create(ctx, firewallConfigurations, TABLE);
    await client.create(ctx, ips, { metadata: { namespace: NAMESPACE, name: "mine" }, spec: { ip: "192.0.2.1" } });
  });
  const { ctx, client } = running;
  const labels = { app: "manager" };
  const deployment = await client.create(ctx, deployments, {
    metadata: { namespace: NAMESPACE, name: CONTROLLER_MANAGER },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  });
  const binding = await client.create(ctx, clusterRoleBindings, {
    metadata: { name: CONTROLLER_MANAGER },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: CONTROLLER_MANAGER },
  });
  for (const [resource, object, owner] of [
    [internalNodes, NODE, binding],
    [ips, ADDRESS, deployment],
    [firewallConfigurations, TABLE, deployment],
  ] as [Resource<KubeObject>, KubeObject, KubeObject][]) {
    await seen(client, resource, keyOf(object), ({ metadata }) =>
      Boolean(metadata?.ownerReferences?.some(({ uid }) => uid === owner.metadata?.uid)),
    );
  }
  // The informers saw it together with the others.
  await seen(
    client,
    ips,
    { namespace: NAMESPACE, name: "mine" },
    ({ metadata }) => metadata?.ownerReferences === undefined,
  );
});
