import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../../model/items.ts";
import { demoWorld } from "../testing/demo-world.ts";
import { offersOf } from "./actions.ts";

const world = demoWorld(1_800_000_000_000);
const of = (kind: Item["kind"], name = "") => {
  const found = world.find((item) => item.kind === kind && item.key.includes(name));
  return found ?? assert.fail(`no ${kind} ${name}`);
};
const node = of("node");

const CASES: readonly (readonly [what: string, item: Item, playground: string[], elsewhere: string[]])[] = [
  ["a pod", of("pod", "cart"), ["Delete"], ["Delete"]],
  ["a node", node, ["Cordon"], ["Cordon"]],
  ["a cordoned node", node.kind === "node" ? { ...node, cordoned: true } : node, ["Uncordon"], ["Uncordon"]],
  ["an offloaded namespace", of("namespace", "milan//shop"), ["End offloading"], ["End offloading"]],
  ["a namespace", of("namespace", "reports"), ["Offload"], ["Offload"]],
  ["a twin namespace", of("namespace", "rome//shop-milan"), [], []],
  ["a Deployment", of("workload"), ["Scale"], ["Scale"]],
  ["a peering", of("peering"), ["Cut the link", "Heal the link"], []],
  ["a cluster", of("cluster"), ["Stop"], []],
  ["a Service", of("service"), [], []],
];

for (const [what, item, playground, elsewhere] of CASES)
  test(`${what}: ${playground.join(", ") || "nothing"} in a playground, ${elsewhere.join(", ") || "nothing"} elsewhere`, () => {
    const labels = (about: { actions: boolean; playground: boolean }) =>
      offersOf(item, about).map(({ label }) => label);
    assert.deepEqual(labels({ actions: true, playground: true }), playground);
    assert.deepEqual(labels({ actions: true, playground: false }), elsewhere);
    assert.deepEqual(labels({ actions: false, playground: true }), []);
  });
