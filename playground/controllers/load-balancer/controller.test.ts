import assert from "node:assert/strict";
import { test } from "node:test";
import type { Service } from "kubernetes-types/core/v1";
import { startEngineParts } from "#kit/engine-parts.ts";
import { services } from "#machinery/builtin.ts";
import { loadBalancerController } from "./controller.ts";

const key = (name: string) => ({ namespace: "off", name });
const newService = (name: string): Service => ({
  metadata: key(name),
  spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
});
const ipOf = ({ status }: Service): string | undefined => status?.loadBalancer?.ingress?.[0]?.ip;

test("Services of type LoadBalancer get addresses of their own, and give them back", async () => {
  const loadBalancerRange = { first: "10.90.0.1", last: "10.90.0.2" };
  await using parts = await startEngineParts({ settings: { loadBalancerRange } });
  const { ctx, client } = parts;
  for (const name of ["a", "b"]) await client.create(ctx, services, newService(name));
  parts.run(loadBalancerController);
  const ips = [];
  for (const name of ["a", "b"])
    ips.push(ipOf(await parts.seen(services, key(name), (each) => ipOf(each) !== undefined)));
  assert.deepEqual(ips.sort(), ["10.90.0.1", "10.90.0.2"]);
  assert.equal(await parts.told("EnsuredLoadBalancer"), "Ensured load balancer");
  await client.create(ctx, services, newService("c"));
  assert.equal(await parts.told("SyncLoadBalancerFailed"), "no free address in 10.90.0.1-10.90.0.2");
  const before = ipOf(await client.get(ctx, services, key("a")));
  await client.patch(ctx, services, key("a"), "merge", { spec: { type: "ClusterIP" } });
  await parts.seen(services, key("a"), (each) => ipOf(each) === undefined);
  await client.patch(ctx, services, key("c"), "merge", { metadata: { annotations: { look: "again" } } });
  assert.equal(ipOf(await parts.seen(services, key("c"), (each) => ipOf(each) !== undefined)), before);
  await client.delete(ctx, services, key("c"));
  await client.create(ctx, services, newService("d"));
  assert.equal(ipOf(await parts.seen(services, key("d"), (each) => ipOf(each) !== undefined)), before);
});
