import assert from "node:assert/strict";
import { test } from "node:test";
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { withCancel } from "#base/context.ts";
import { controllerDeps } from "#kit/controller-deps.ts";
import { seen, startTwoClusters } from "#kit/two-clusters.ts";
import { runController } from "#kube/controller/controller.ts";
import { Informers } from "#kube/informer/informers.ts";
import { configurationController } from "./controller.ts";

const KEY = { namespace: "default", name: "rome" };

test("a CIDR that no peer can have is refused by name, and none of the peer's is routed", async () => {
  await using clusters = await startTwoClusters();
  const { ctx, cancel } = withCancel(clusters.ctx);
  const { client } = clusters.consumer;
  for (const [type, cidr] of [
    ["pod-cidr", "10.244.0.0/16"],
    ["external-cidr", "10.70.0.0/16"],
  ] as const) {
    const labels = { "ipam.liqo.io/network-type": type };
    const network = await client.create(ctx, networks, { metadata: { ...KEY, name: type, labels }, spec: { cidr } });
    await client.updateStatus(ctx, networks, { ...network, status: { cidr } });
  }
  const remote = { cidr: { pod: ["10.244.0.0/16"], external: ["0.0.0.0/0"] } };
  await client.create(ctx, configurations, { metadata: KEY, spec: { remote } });
  await using informers = new Informers(ctx, client);
  const running = runController(ctx, configurationController(controllerDeps(client, informers)));
  const condition = (reason: string) =>
    seen(client, configurations, KEY, ({ status }) => status?.conditions?.[0]?.reason === reason);
  const refused = await condition("CIDRRefused");
  assert.match(refused.status?.conditions?.[0]?.message ?? "", /^external CIDR 0\.0\.0\.0\/0 is too large/);
  assert.equal(refused.status?.remote, undefined);
  const { items } = await client.list(ctx, networks, { namespace: KEY.namespace });
  assert.deepEqual(items.map(({ metadata }) => metadata?.name).sort(), ["external-cidr", "pod-cidr"]);
  const mended = { spec: { remote: { cidr: { external: ["10.70.0.0/16"] } } } };
  await client.patch(ctx, configurations, KEY, "merge", mended);
  await condition("WaitingForNetworks");
  cancel();
  await running;
});
