import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import { type RouteConfiguration, routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { type Context, withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { seen, startTwoClusters } from "#kit/two-clusters.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { pods } from "#machinery/builtin.ts";
import { podsInBrief } from "../../pods.ts";
import { nodeTablesController } from "./controller.ts";

const LIQO = "default";
const marks = ({ spec }: FirewallConfiguration): string[] =>
  (spec?.table.chains?.[0]?.rules?.filterRules ?? []).map(({ name, value }) => `${name}=${value}`);

interface Running extends AsyncDisposable {
  readonly ctx: Context;
  readonly client: KubeClient;
  readonly informers: Informers;
  readonly clock: SteppedClock;
}

/** The controller of node tables on an API server of its own, with these nodes. */
async function start(...nodes: readonly (readonly [name: string, ip: string])[]): Promise<Running> {
  const clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  const informers = new Informers(ctx, client);
  const clock = steppedClock();
  const deps = controllerDeps(client, informers, clock);
  for (const [name, ip] of nodes)
    await client.create(ctx, internalNodes, {
      metadata: { name },
      spec: { interface: { gateway: { name: `liqo.${name}` }, node: { ip } } },
    });
  const running = runController(ctx, nodeTablesController(deps));
  return {
    ctx,
    client,
    informers,
    clock,
    [Symbol.asyncDispose]: async () => {
      cancel();
      await running;
      await informers[Symbol.asyncDispose]();
      await clusters[Symbol.asyncDispose]();
    },
  };
}

test("a node that goes takes its mark along and the marks of the others follow", async () => {
  await using controller = await start(["node-1", "10.80.0.1"], ["node-2", "10.80.0.2"]);
  const { ctx, client } = controller;
  const external = await client.create(ctx, networks, {
    metadata: { name: "external-cidr", namespace: LIQO, labels: { "ipam.liqo.io/network-type": "external-cidr" } },
    spec: { cidr: "10.70.0.0/16" },
  });
  await client.updateStatus(ctx, networks, { ...external, status: { cidr: "10.70.0.0/16" } });
  const key = { namespace: LIQO, name: "service-nodeport-routing" };
  await seen(client, firewallConfigurations, key, (table) => marks(table).length === 2);
  await client.delete(ctx, internalNodes, { name: "node-1" });
  const left = await seen(client, firewallConfigurations, key, (table) => marks(table).length === 1);
  assert.deepEqual(marks(left), ["node-2=1"]);
  const routes = { namespace: LIQO, name: "node-2-service-nodeport-routing" };
  await seen(client, routeConfigurations, routes, ({ spec }) => spec?.table?.rules?.[0]?.fwmark === 1);
});

test("a pod has its route at once, the next ones after a pause that grows with their number", async () => {
  await using controller = await start(["node-1", "10.80.0.1"]);
  const { ctx, client, informers, clock } = controller;
  const key = { namespace: LIQO, name: "node-1-gw-node" };
  const routed = ({ spec }: RouteConfiguration): string =>
    (spec?.table?.rules[1]?.routes ?? [])
      .map(({ dst }) => dst)
      .sort()
      .join();
  /** Resolves when the controller has heard of it: its handler was there first. */
  const run = async (name: string, podIP: string): Promise<void> => {
    const heard = new Promise<void>((resolve) => {
      const tell = (pod: Pod): void => {
        if (pod.status?.podIP === podIP) resolve();
      };
      podsInBrief({ informers }).addHandler({ added: tell, updated: tell });
    });
    const metadata = { namespace: LIQO, name };
    const spec = { nodeName: "node-1", containers: [{ name: "c", image: "i" }] };
    const pod = await client.create(ctx, pods, { metadata, spec });
    await client.updateStatus(ctx, pods, { ...pod, status: { phase: "Running", podIP } });
    await heard;
  };
  await seen(client, routeConfigurations, key);
  await run("a", "10.244.0.1");
  await seen(client, routeConfigurations, key, (table) => routed(table) === "10.244.0.1/32");
  await run("b", "10.244.0.2");
  await run("c", "10.244.0.3");
  // Proof that the controller had its turn: another table follows meanwhile.
  await client.create(ctx, ips, { metadata: { namespace: LIQO, name: "mapped" }, spec: { ip: "192.0.2.1" } });
  await seen(client, routeConfigurations, { namespace: LIQO, name: "node-1-extcidr" });
  assert.equal(routed(await client.get(ctx, routeConfigurations, key)), "10.244.0.1/32");
  clock.step(10);
  const all = "10.244.0.1/32,10.244.0.2/32,10.244.0.3/32";
  await seen(client, routeConfigurations, key, (table) => routed(table) === all);
});

test("a table that somebody deletes or changes is put back", async () => {
  await using controller = await start(["node-1", "10.80.0.1"]);
  const { ctx, client } = controller;
  const key = { namespace: LIQO, name: "node-1-gw-node" };
  const written = await seen(client, routeConfigurations, key);
  await client.delete(ctx, routeConfigurations, key);
  await seen(client, routeConfigurations, key, ({ metadata }) => metadata?.uid !== written.metadata?.uid);
  await client.patch(ctx, routeConfigurations, key, "merge", { spec: { table: { name: "changed" } } });
  const back = await seen(client, routeConfigurations, key, ({ spec }) => spec?.table?.name !== "changed");
  assert.deepEqual(back.spec, written.spec);
});
