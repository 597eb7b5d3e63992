import assert from "node:assert/strict";
import { test } from "node:test";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { wgGatewayServerTemplates } from "#api/networking/wggateway.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { seen } from "#kit/two-clusters.ts";
import { secrets } from "#machinery/builtin.ts";
import { gatewayServerController } from "./controller.ts";

const GATEWAY = { namespace: "off", name: "rome" };
const KEYS = { namespace: "off", name: "gw-rome" };

test("the Secret of a gateway that somebody deletes comes back with the same keys, another gateway has its own", async () => {
  await using running = await runControllers([gatewayServerController], async (ctx, client) => {
    await client.create(ctx, wgGatewayServerTemplates, {
      metadata: { namespace: "default", name: "wireguard-server" },
      spec: { template: { spec: {} } },
    });
  });
  const { ctx, client } = running;
  const server = {
    metadata: { ...GATEWAY, labels: { "liqo.io/remote-cluster-id": "rome" } },
    spec: {
      endpoint: { port: 51_840, serviceType: "NodePort" as const },
      serverTemplateRef: { name: "wireguard-server", namespace: "default" },
    },
  };
  await client.create(ctx, gatewayServers, server);
  const first = await seen(client, secrets, KEYS);
  await client.delete(ctx, secrets, KEYS);
  const second = await seen(client, secrets, KEYS, ({ metadata }) => metadata?.uid !== first.metadata?.uid);
  assert.deepEqual(second.data, first.data);
  await client.create(ctx, gatewayServers, { ...server, metadata: { ...server.metadata, name: "turin" } });
  const other = await seen(client, secrets, { ...KEYS, name: "gw-turin" });
  assert.notDeepEqual(other.data, first.data);
});
