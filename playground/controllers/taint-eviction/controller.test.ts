import assert from "node:assert/strict";
import { test } from "node:test";
import type { Toleration } from "kubernetes-types/core/v1";
import { nodeNamed } from "#kit/cluster-objects.ts";
import { startEngineParts } from "#kit/engine-parts.ts";
import { nodes, pods } from "#machinery/builtin.ts";
import { isTerminating } from "#machinery/pod.ts";
import { taintEvictionController } from "./controller.ts";

const ADDED = "2026-01-01T00:00:00Z";
const taint = { key: "broken", effect: "NoExecute", timeAdded: ADDED };

test("pods leave a tainted node when their time is up", async () => {
  const clock = { nowMs: Date.parse(ADDED) };
  await using parts = await startEngineParts({ nowMs: () => clock.nowMs });
  const { ctx, client } = parts;
  const key = (name: string) => ({ namespace: "off", name });
  const create = (name: string, tolerations: Toleration[]) =>
    client.create(ctx, pods, {
      metadata: key(name),
      spec: { containers: [{ name: "c", image: "i" }], nodeName: "rome-1", tolerations },
    });
  await client.create(ctx, nodes, nodeNamed("rome-1"));
  await create("patient", [{ key: "broken", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }]);
  await create("stoic", [{ operator: "Exists" }]);
  await create("plain", []);
  parts.run(taintEvictionController);
  await client.patch(ctx, nodes, { name: "rome-1" }, "merge", { spec: { taints: [taint] } });
  await parts.seen(pods, key("plain"), isTerminating);
  assert.equal(await parts.told("TaintManagerEviction"), "Marking for deletion Pod off/plain");
  assert.equal(isTerminating(await client.get(ctx, pods, key("patient"))), false);
  clock.nowMs += 60_000;
  // The clock was stepped, which no timer hears of: a change of the node makes the controller look.
  await client.patch(ctx, nodes, { name: "rome-1" }, "merge", { metadata: { annotations: { look: "again" } } });
  await parts.seen(pods, key("patient"), isTerminating);
  assert.equal(isTerminating(await client.get(ctx, pods, key("stoic"))), false);
});
