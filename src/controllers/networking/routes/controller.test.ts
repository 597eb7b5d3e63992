import assert from "node:assert/strict";
import { test } from "node:test";
import { networks } from "#api/ipam/network.ts";
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { withCancel } from "#base/context.ts";
import { seen, startTwoClusters } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { Informers } from "#kube/informer/informers.ts";
import type { Deps } from "../../deps.ts";
import { nodeTablesController } from "./controller.ts";

const LIQO = "default";
const marks = ({ spec }: FirewallConfiguration): string[] =>
  (spec?.table.chains?.[0]?.rules?.filterRules ?? []).map(({ name, value }) => `${name}=${value}`);

test("a node that goes takes its mark along and the marks of the others follow", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  await using informers = new Informers(ctx, client);
  const deps: Deps = {
    client,
    informers,
    events: (component) => new EventRecorder(client, { component }),
    nowMs: () => 0,
    settings: {
      clusterId: "cluster-a",
      liqoNamespace: LIQO,
      ca: "",
      clusterLabels: {},
      defaultLimitsEnforcement: "None",
      defaultNodeResources: {},
      vkOptionsTemplate: { namespace: LIQO, name: "virtual-kubelet-default" },
      podCidr: "10.244.0.0/16",
      foreignClusterPingMs: 1_000,
      foreignClusterPingTimeoutMs: 1_000,
    },
  };
  const external = await client.create(ctx, networks, {
    metadata: { name: "external-cidr", namespace: LIQO, labels: { "ipam.liqo.io/network-type": "external-cidr" } },
    spec: { cidr: "10.70.0.0/16" },
  });
  await client.updateStatus(ctx, networks, { ...external, status: { cidr: "10.70.0.0/16" } });
  for (const [name, ip] of [
    ["node-1", "10.80.0.1"],
    ["node-2", "10.80.0.2"],
  ] as const)
    await client.create(ctx, internalNodes, {
      metadata: { name },
      spec: { interface: { gateway: { name: `liqo.${name}` }, node: { ip } } },
    });
  const running = runController(ctx, nodeTablesController(deps));
  const key = { namespace: LIQO, name: "service-nodeport-routing" };
  await seen(client, firewallConfigurations, key, (table) => marks(table).length === 2);
  await client.delete(ctx, internalNodes, { name: "node-1" });
  const left = await seen(client, firewallConfigurations, key, (table) => marks(table).length === 1);
  assert.deepEqual(marks(left), ["node-2=1"]);
  const routes = { namespace: LIQO, name: "node-2-service-nodeport-routing" };
  await seen(client, routeConfigurations, routes, ({ spec }) => spec?.table?.rules?.[0]?.fwmark === 1);
  cancel();
  await running;
});
