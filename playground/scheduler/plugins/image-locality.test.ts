import assert from "node:assert/strict";
import { test } from "node:test";
import { firstNode, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { imageLocality } from "./image-locality.ts";

const node = nodeNamed("rome-1", { status: { images: [{ names: ["web:1", "web@sha256:0"] }, { names: ["db:1"] }] } });

for (const [images, expected] of [
  [[], 0],
  [["shop:1"], 0],
  [["web:1"], 100],
  [["web:1", "shop:1"], 50],
] as const) {
  test(`ImageLocality: of the images ${images.join(", ") || "(none)"} the node has ${expected} %`, () => {
    const containers = images.map((image, i) => ({ name: `c${i}`, image }));
    assert.equal(imageLocality.score?.(podNamed("web", { spec: { containers } }), ...firstNode([node])), expected);
  });
}
