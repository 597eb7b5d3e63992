import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { startEngineParts } from "#kit/engine-parts.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { podGcController } from "./controller.ts";
import { classify, QUARANTINE_MS } from "./plan.ts";

const ending = { deletionTimestamp: "2026-01-01T00:00:00Z" };
for (const [name, pod, expected] of [
  ["that waits for a node", podNamed("a"), "keep"],
  ["that was deleted before it had one", podNamed("a", { metadata: ending }), "unscheduled"],
  ["on its node", podNamed("a", { spec: { nodeName: "rome-1" } }), "keep"],
  ["that ends on its node", podNamed("a", { metadata: ending, spec: { nodeName: "rome-1" } }), "keep"],
  ["whose node is gone", podNamed("a", { spec: { nodeName: "gone" } }), "orphaned"],
] as [string, Pod, string][]) {
  test(`a pod ${name}: ${expected}`, () => {
    const find = (node: string) => (node === "rome-1" ? nodeNamed("rome-1") : undefined);
    assert.equal(classify(pod, find), expected);
  });
}

test("a pod whose node has been gone for a while is removed, one whose node came back is not", async () => {
  const clock = { nowMs: Date.now() };
  await using parts = await startEngineParts({ nowMs: () => clock.nowMs });
  const { ctx, client } = parts;
  const key = (name: string) => ({ namespace: "off", name });
  const look = (name: string, again: string) =>
    client.patch<Pod>(ctx, pods, key(name), "merge", { metadata: { annotations: { again } } });
  for (const node of ["rome-1", "rome-2"]) {
    await client.create(ctx, nodes, nodeNamed(node));
    const spec = { containers: [{ name: "c", image: "i" }], nodeName: node };
    await client.create(ctx, pods, { metadata: key(node), spec });
  }
  const waiting = { containers: [{ name: "c", image: "i" }] };
  const finalizers = ["example.com/mine"];
  await client.create(ctx, pods, { metadata: { ...key("waiting"), finalizers }, spec: waiting });
  for (const name of ["rome-1", "rome-2"]) await client.delete(ctx, nodes, { name });
  parts.run(podGcController);
  await client.delete(ctx, pods, key("waiting"));
  // Without a node nobody else shortens its grace period: afterwards all have been looked at.
  await parts.seen(pods, key("waiting"), ({ metadata }) => metadata?.deletionGracePeriodSeconds === 0);
  await client.create(ctx, nodes, nodeNamed("rome-2"));
  clock.nowMs += QUARANTINE_MS;
  for (const name of ["rome-1", "rome-2"]) await look(name, "1");
  await parts.gone(pods, key("rome-1"));
  assert.notEqual(await client.find(ctx, pods, key("rome-2")), undefined);
});
