import assert from "node:assert/strict";
import { test } from "node:test";
import { mustParseCidr } from "#base/cidr.ts";
import { nodeNamed } from "#kit/cluster-objects.ts";
import { startEngineParts } from "#kit/engine-parts.ts";
import { nodes } from "#machinery/builtin.ts";
import { nodeIpamController } from "./controller.ts";
import { freePart } from "./plan.ts";

for (const [podCidr, prefix, used, expected] of [
  ["10.200.0.0/16", 24, [], "10.200.0.0/24"],
  ["10.200.0.0/16", 24, ["10.200.0.0/24", "10.200.2.0/24"], "10.200.1.0/24"],
  ["10.200.0.0/23", 24, ["10.200.0.0/24", "10.200.1.0/24"], undefined],
  ["192.168.255.0/24", 26, ["192.168.255.0/26"], "192.168.255.64/26"],
  ["10.0.0.0/24", 24, [], "10.0.0.0/24"],
] as const) {
  test(`of ${podCidr} the first free /${prefix} beside ${used.length} is ${expected ?? "none"}`, () => {
    assert.equal(freePart(mustParseCidr(podCidr), prefix, new Set(used)), expected);
  });
}

test("each node gets a part of its own, keeps it, and leaves it to others", async () => {
  await using parts = await startEngineParts({ settings: { podCidr: mustParseCidr("10.200.0.0/23") } });
  const { ctx, client } = parts;
  await client.create(ctx, nodes, nodeNamed("given", { spec: { podCIDR: "10.200.0.0/24" } }));
  parts.run(nodeIpamController);
  await client.create(ctx, nodes, nodeNamed("a"));
  const a = await parts.seen(nodes, { name: "a" }, ({ spec }) => spec?.podCIDR !== undefined);
  assert.deepEqual([a.spec?.podCIDR, a.spec?.podCIDRs], ["10.200.1.0/24", ["10.200.1.0/24"]]);
  await client.create(ctx, nodes, nodeNamed("b"));
  assert.equal(await parts.told("CIDRNotAvailable"), "Node b status is now: CIDRNotAvailable");
  await client.delete(ctx, nodes, { name: "given" });
  await client.patch(ctx, nodes, { name: "b" }, "merge", { metadata: { annotations: { look: "again" } } });
  const b = await parts.seen(nodes, { name: "b" }, ({ spec }) => spec?.podCIDR !== undefined);
  assert.equal(b.spec?.podCIDR, "10.200.0.0/24");
});
