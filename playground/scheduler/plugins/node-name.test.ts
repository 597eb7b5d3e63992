import assert from "node:assert/strict";
import { test } from "node:test";
import { firstNode, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { nodeName } from "./node-name.ts";

for (const [wanted, expected] of [
  [undefined, undefined],
  ["", undefined],
  ["rome-1", undefined],
  ["rome-2", ["node(s) didn't match the requested node name"]],
] as const) {
  test(`NodeName: a pod that asks for ${wanted ?? "no node"} on rome-1`, () => {
    const pod = podNamed("web", { spec: wanted === undefined ? {} : { nodeName: wanted } });
    const rejection = nodeName.filter?.(pod, ...firstNode([nodeNamed("rome-1")]));
    assert.deepEqual(rejection?.reasons, expected);
    assert.notEqual(rejection?.resolvable, true);
  });
}
