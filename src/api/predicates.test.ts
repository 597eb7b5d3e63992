import assert from "node:assert/strict";
import { test } from "node:test";
import { isReplica, isVirtualNode } from "./predicates.ts";

for (const [labels, isVirtual, isCopy] of [
  [{ "liqo.io/type": "virtual-node" }, true, false],
  [{ "liqo.io/type": "physical" }, false, false],
  [{ "liqo.io/replicated": "true" }, false, true],
  [{ "liqo.io/replicated": "false" }, false, false],
  [undefined, false, false],
] as const) {
  test(`an object with labels ${JSON.stringify(labels)} is virtual: ${isVirtual}, a replica: ${isCopy}`, () => {
    const object = { metadata: { name: "x", ...(labels && { labels }) } };
    assert.deepEqual([isVirtualNode(object), isReplica(object)], [isVirtual, isCopy]);
  });
}
