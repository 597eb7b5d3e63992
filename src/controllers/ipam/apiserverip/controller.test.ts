import assert from "node:assert/strict";
import { test } from "node:test";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen } from "#kit/two-clusters.ts";
import { deployments, services } from "#machinery/builtin.ts";
import { ipController } from "../ip/controller.ts";
import { networkController } from "../network/controller.ts";
import { apiServerIpController } from "./controller.ts";

const KEY = { namespace: "default", name: "api-server" };

test("the API server has its IP, and again when somebody deletes it", async () => {
  const controllers = [apiServerIpController, ipController, networkController];
  await using running = await runControllers(controllers, async (ctx, client) => {
    await client.createIfAbsent(ctx, services, {
      metadata: { namespace: "default", name: "kubernetes" },
      spec: { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"], ports: [{ port: 443 }] },
    });
    const labels = { "ipam.liqo.io/network-type": "external-cidr" };
    const annotations = { "liqo.io/preinstalled": "true" };
    const metadata = { namespace: "default", name: "external", labels, annotations };
    await client.create(ctx, networks, { metadata, spec: { cidr: "10.70.0.0/16" } });
  });
  const { ctx, client } = running;
  const first = await seen(client, ips, KEY, ({ status }) => status?.ip !== undefined);
  assert.equal(first.spec?.ip, "10.96.0.1");
  assert.equal(first.metadata?.labels?.["ipam.liqo.io/network-name"], "external");
  await client.delete(ctx, ips, KEY);
  await seen(client, ips, KEY, ({ metadata, status }) => {
    return metadata?.uid !== first.metadata?.uid && status?.ip !== undefined;
  });
});

test("it belongs to the chart from its first moment", async () => {
  const labels = { app: "manager" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  const metadata = { namespace: "default", name: CONTROLLER_MANAGER };
  await using running = await runControllers([apiServerIpController], async (ctx, client) => {
    await client.create(ctx, deployments, { metadata, spec: { selector: { matchLabels: labels }, template } });
    await client.createIfAbsent(ctx, services, {
      metadata: { namespace: "default", name: "kubernetes" },
      spec: { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"], ports: [{ port: 443 }] },
    });
  });
  const owners = (await seen(running.client, ips, KEY)).metadata?.ownerReferences?.map(({ name }) => name);
  assert.deepEqual(owners, [CONTROLLER_MANAGER]);
});

test("the proxy has its IP while there is a proxy, and another one with another address", async () => {
  const service = (clusterIP: string) => ({
    metadata: { namespace: "default", name: "liqo-proxy" },
    spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 8118 }] },
  });
  await using running = await runControllers([apiServerIpController], async (ctx, client) => {
    await client.createIfAbsent(ctx, services, {
      metadata: { namespace: "default", name: "kubernetes" },
      spec: { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"], ports: [{ port: 443 }] },
    });
    await client.create(ctx, services, service("10.96.7.7"));
  });
  const { ctx, client } = running;
  const key = { ...KEY, name: "api-server-proxy" };
  await seen(client, ips, key, ({ spec }) => spec?.ip === "10.96.7.7");
  await client.delete(ctx, services, { ...KEY, name: "liqo-proxy" });
  await gone(client, ips, key);
  await client.create(ctx, services, service("10.96.7.8"));
  await seen(client, ips, key, ({ spec }) => spec?.ip === "10.96.7.8");
});

test("a peer's Network and an IP in it go when they are deleted", async () => {
  await using running = await runControllers([ipController, networkController]);
  const { ctx, client } = running;
  const network = { namespace: "default", name: "peer" };
  await client.create(ctx, networks, { metadata: network, spec: { cidr: "10.11.0.0/16" } });
  await seen(client, networks, network, ({ status }) => status?.cidr === "10.11.0.0/16");
  const ip = { namespace: "default", name: "mapped" };
  await client.create(ctx, ips, { metadata: ip, spec: { ip: "192.0.2.1", networkRef: network } });
  await seen(
    client,
    ips,
    ip,
    ({ status, metadata }) => status?.ip === "10.11.0.0" && metadata?.finalizers?.length === 1,
  );
  await client.delete(ctx, ips, ip);
  await gone(client, ips, ip);
  await client.delete(ctx, networks, network);
  await gone(client, networks, network);
});
