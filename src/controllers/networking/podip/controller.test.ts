import assert from "node:assert/strict";
import { test } from "node:test";
import { ips } from "#api/ipam/ip.ts";
import { configurations } from "#api/networking/configuration.ts";
import { runControllers } from "#kit/run-controllers.ts";
import { gone, seen } from "#kit/two-clusters.ts";
import { pods } from "#machinery/builtin.ts";
import { podIpController } from "./controller.ts";

const KEY = { namespace: "default", name: "web" };

test("an offloaded pod has its address while there is a third cluster, and again when somebody deletes it", async () => {
  await using running = await runControllers([podIpController]);
  const { ctx, client } = running;
  const labels = { "liqo.io/shadowPod": "true" };
  const spec = { nodeName: "liqo-rome", containers: [{ name: "c", image: "i" }] };
  const pod = await client.create(ctx, pods, { metadata: { ...KEY, labels }, spec });
  await client.updateStatus(ctx, pods, { ...pod, status: { phase: "Running", podIP: "10.71.0.5" } });
  const peer = async (name: string) => {
    const made = await client.create(ctx, configurations, { metadata: { namespace: "default", name }, spec: CIDRS });
    const lastTransitionTime = "2026-01-01T00:00:00Z";
    const condition = { type: "NetworkCIDRsConfigured", status: "True", reason: "r", message: "", lastTransitionTime };
    await client.updateStatus(ctx, configurations, { ...made, status: { conditions: [condition] } });
  };
  await peer("rome");
  await peer("naples");
  const first = await seen(client, ips, KEY);
  assert.equal(first.spec?.ip, "10.71.0.5");
  await client.delete(ctx, ips, KEY);
  await seen(client, ips, KEY, ({ metadata }) => metadata?.uid !== first.metadata?.uid);
  await client.delete(ctx, configurations, { namespace: "default", name: "naples" });
  await gone(client, ips, KEY);
});

const CIDRS = { remote: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } };
