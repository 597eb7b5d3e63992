import assert from "node:assert/strict";
import { test } from "node:test";
import { type Network, networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { geneveTunnels, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import type { Context } from "#base/context.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { nodes } from "#machinery/builtin.ts";
import type { Deps } from "../deps.ts";
import { fabricTablesController } from "./fabrictables/controller.ts";
import { geneveTunnelController } from "./genevetunnel/controller.ts";
import { internalFabricController } from "./internalfabric/controller.ts";
import { internalNodeController } from "./internalnode/controller.ts";
import { OverlayAddresses } from "./overlay-addresses.ts";
import { peerTablesController } from "./peertables/controller.ts";

const namespace = TENANT_NAMESPACES.consumer;
const KEY = { namespace, name: "cluster-b" };
const own = { "liqo.io/remote-cluster-id": "cluster-b" };
const cidr = { pod: ["10.1.0.0/16"], external: ["10.2.0.0/16"] };

/** As in all.ts: addresses are given out in one place. */
function overlayControllers(): ((deps: Deps) => ReturnType<typeof geneveTunnelController>)[] {
  let addresses: OverlayAddresses | undefined;
  const shared = (deps: Deps): OverlayAddresses => (addresses ??= new OverlayAddresses(deps.informers));
  return [
    (deps) => internalNodeController(deps, shared(deps)),
    (deps) => internalFabricController(deps, shared(deps)),
    geneveTunnelController,
    fabricTablesController,
    peerTablesController,
  ];
}

async function prepare(ctx: Context, client: KubeClient): Promise<void> {
  for (const name of ["worker-1", "worker-2"]) await client.create(ctx, nodes, { metadata: { name } });
  const virtual = { name: "liqo-b", labels: { "liqo.io/type": "virtual-node" } };
  await client.create(ctx, nodes, { metadata: virtual });
  const gateway = await client.create(ctx, gatewayServers, {
    metadata: { ...KEY, labels: own },
    spec: { mtu: 1340, endpoint: { port: 51840, serviceType: "ClusterIP" } },
  } as never);
  const status = { internalEndpoint: { ip: "10.244.0.9", node: "worker-1" } };
  await client.updateStatus(ctx, gatewayServers, { ...gateway, status });
  const spec = { remote: { cidr } };
  const configuration = await client.create(ctx, configurations, { metadata: { ...KEY, labels: own }, spec });
  const condition = {
    type: "NetworkCIDRsConfigured",
    status: "True",
    reason: "NetworkCIDRsConfigured",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  await client.updateStatus(ctx, configurations, {
    ...configuration,
    status: { conditions: [condition], remote: { cidr } },
  } as never);
}

async function allocateInternalCidr(ctx: Context, client: KubeClient): Promise<Network> {
  const labels = { "ipam.liqo.io/network-type": "internal-cidr" };
  const metadata = { namespace: "default", name: "internal", labels };
  const network = await client.create(ctx, networks, { metadata, spec: { cidr: "10.80.0.0/16" } });
  return client.updateStatus(ctx, networks, { ...network, status: { cidr: "10.80.0.0/16" } });
}

test("the overlay comes with the internal CIDR, and follows nodes and gateways", async () => {
  await using running = await runControllers(overlayControllers(), prepare);
  const { ctx, client } = running;
  await allocateInternalCidr(ctx, client);
  const fabric = await seen(client, internalFabrics, KEY);
  const first = await seen(client, internalNodes, { name: "worker-1" });
  const second = await seen(client, internalNodes, { name: "worker-2" });
  const addresses = [fabric.spec?.interface.gateway.ip, first.spec?.interface.node.ip, second.spec?.interface.node.ip];
  assert.equal(new Set(addresses).size, 3);
  assert.equal(await client.find(ctx, internalNodes, { name: "liqo-b" }), undefined);
  assert.deepEqual(fabric.spec?.remoteCIDRs, ["10.1.0.0/16", "10.2.0.0/16"]);
  const ids = await Promise.all(
    ["worker-1", "worker-2"].map(
      async (name) => (await seen(client, geneveTunnels, { namespace, name: `cluster-b-${name}` })).spec?.id,
    ),
  );
  assert.deepEqual([...ids].sort(), [0, 1]);
  await seen(client, routeConfigurations, { namespace, name: "cluster-b-node-gw" });
  await seen(client, routeConfigurations, { namespace, name: "cluster-b-gw-ext" });
  await client.delete(ctx, nodes, { name: "worker-2" });
  await gone(client, geneveTunnels, { namespace, name: "cluster-b-worker-2" });
});

test("a fabric that somebody changes or deletes comes back", async () => {
  await using running = await runControllers(overlayControllers(), async (ctx, client) => {
    await prepare(ctx, client);
    await allocateInternalCidr(ctx, client);
  });
  const { ctx, client } = running;
  const fabric = await seen(client, internalFabrics, KEY);
  await client.patch(ctx, internalFabrics, KEY, "merge", { spec: { gatewayIP: "192.0.2.1" } });
  const back = await seen(client, internalFabrics, KEY, ({ spec }) => spec?.gatewayIP === "10.244.0.9");
  assert.deepEqual(back.spec, fabric.spec);
  await client.delete(ctx, internalFabrics, KEY);
  const again = await seen(client, internalFabrics, KEY, ({ metadata }) => metadata?.uid !== fabric.metadata?.uid);
  assert.deepEqual(again.spec?.interface.gateway, fabric.spec?.interface.gateway);
});
