import assert from "node:assert/strict";
import { test } from "node:test";
import { ips } from "#api/ipam/ip.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { API_SERVER_IP, forgeWellKnownIp } from "#forge/ip.ts";
import { forgeIpMapping, forgeIpMasquerade } from "#forge/networking/firewall.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen } from "#kit/two-clusters.ts";
import { keyOf } from "#machinery/meta.ts";
import { ipMappingController } from "./controller.ts";

const KEY = { namespace: "off", name: "mapped" };

test("an IP has its NAT once it has an address, and takes it along", async () => {
  await using running = await runControllers([ipMappingController]);
  const { ctx, client } = running;
  const made = await client.create(ctx, ips, { metadata: KEY, spec: { ip: "192.0.2.1" } });
  const ip = await client.updateStatus(ctx, ips, { ...made, status: { ip: "10.70.0.7", cidr: "10.70.0.0/16" } });
  const table = keyOf(forgeIpMapping(ip));
  const first = await seen(client, firewallConfigurations, table);
  await client.delete(ctx, firewallConfigurations, table);
  // Somebody deleted it: it comes back.
  const second = await seen(
    client,
    firewallConfigurations,
    table,
    ({ metadata }) => metadata?.uid !== first.metadata?.uid,
  );
  assert.deepEqual(second.spec, first.spec);
  await client.delete(ctx, ips, KEY);
  await gone(client, firewallConfigurations, table);
  await gone(client, ips, KEY);
});

test("an IP that is masqueraded has a table at every node, as long as it is", async () => {
  await using running = await runControllers([ipMappingController]);
  const { ctx, client } = running;
  const made = await client.create(ctx, ips, { metadata: KEY, spec: { ip: "192.0.2.1", masquerade: true } });
  const ip = await client.updateStatus(ctx, ips, { ...made, status: { ip: "10.70.0.7", cidr: "10.70.0.0/16" } });
  const table = keyOf(forgeIpMasquerade(ip));
  await seen(client, firewallConfigurations, table);
  await client.patch(ctx, ips, KEY, "merge", { spec: { masquerade: false } });
  await gone(client, firewallConfigurations, table);
  await client.patch(ctx, ips, KEY, "merge", { spec: { masquerade: true } });
  await seen(client, firewallConfigurations, table);
  await client.delete(ctx, ips, KEY);
  await gone(client, firewallConfigurations, table);
  await gone(client, ips, KEY);
});

test("an IP of Liqo's own waits for nobody, also one that an earlier version made wait", async () => {
  const own = forgeWellKnownIp("off", { name: API_SERVER_IP, type: API_SERVER_IP, address: "10.96.0.1" });
  await using running = await runControllers([ipMappingController]);
  const { ctx, client } = running;
  const made = await client.create(ctx, ips, {
    ...own,
    metadata: { ...own.metadata, finalizers: ["ipmapping-nat-controller.liqo.io/finalizer"] },
  });
  const ip = await client.updateStatus(ctx, ips, { ...made, status: { ip: "10.70.0.7", cidr: "10.70.0.0/16" } });
  await seen(client, ips, keyOf(ip), ({ metadata }) => metadata?.finalizers === undefined);
  const table = await seen(client, firewallConfigurations, keyOf(forgeIpMapping(ip)));
  assert.deepEqual(
    table.metadata?.ownerReferences?.map(({ uid }) => uid),
    [ip.metadata?.uid],
  );
});
