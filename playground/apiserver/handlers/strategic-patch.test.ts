import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "#machinery/schema/schema.ts";
import { refuseFaultyPatch } from "./strategic-patch.ts";

const SCHEMA: Schema = {
  type: "object",
  properties: {
    containers: {
      type: "array",
      "x-kubernetes-patch-strategy": "merge",
      "x-kubernetes-patch-merge-key": "name",
      items: { type: "object", properties: { name: { type: "string" } } },
    },
  },
};

test("patches that mean something are let pass", () => {
  const order = [{ name: "a" }, { name: "b" }, { name: "c" }];
  refuseFaultyPatch({ "$setElementOrder/containers": order, containers: [{ name: "a" }, { name: "c" }] }, SCHEMA);
  refuseFaultyPatch({ containers: [{ $patch: "delete", name: "x" }], $patch: "merge" }, SCHEMA);
});

test("faults are told in the genuine server's words, as no API error", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ $patch: "none" }, "unknown patch type: none in map: map[$patch:none]"],
    [{ containers: [{ image: "x" }] }, "map: map[image:x] does not contain declared merge key: name"],
    [
      { "$setElementOrder/containers": [{ name: "b" }], containers: [{ name: "a", image: "x" }] },
      "The order in patch list:\n[map[image:x name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    ],
  ];
  for (const [patch, message] of cases)
    assert.throws(() => refuseFaultyPatch(patch, SCHEMA), { message, code: 500, reason: undefined });
});
