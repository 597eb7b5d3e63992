import assert from "node:assert/strict";
import { test } from "node:test";
import type { Namespace } from "kubernetes-types/core/v1";
import { ORIGINAL_NAME } from "#api/annotations.ts";
import { planSurplus } from "./plan.ts";

const twin = (name: string, origin: string): Namespace => ({
  metadata: { name, annotations: { [ORIGINAL_NAME]: origin } },
});

for (const [name, expected, desired] of [
  ["what is asked for stays", [], { shop: "shop-milan" }],
  ["what is not goes", ["shop-milan"], {}],
  ["what is asked for under another name goes", ["shop-milan"], { shop: "store" }],
  ["another namespace's wish keeps it not", ["shop-milan"], { other: "shop-milan" }],
] as const) {
  test(`of twins, ${name}`, () => {
    const surplus = planSurplus([twin("shop-milan", "shop")], desired);
    assert.deepEqual(
      surplus.map(({ remote }) => remote),
      expected,
    );
  });
}
