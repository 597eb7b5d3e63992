import assert from "node:assert/strict";
import { test } from "node:test";
import { DELETION_GRACE } from "#api/annotations.ts";
import { graceAnnotation, graceOf } from "./grace.ts";

for (const [what, deletionGracePeriodSeconds, told, expected] of [
  ["not deleted", undefined, undefined, undefined],
  ["deleted as its spec says", 30, undefined, undefined],
  ["deleted faster", 1, undefined, { [DELETION_GRACE]: "1" }],
  ["deleted more slowly", 60, undefined, { [DELETION_GRACE]: "60" }],
  ["deleted faster, and the provider knows", 1, "1", undefined],
  ["deleted faster still", 1, "5", { [DELETION_GRACE]: "1" }],
] as const) {
  test(`what the provider is told of a pod that is ${what}`, () => {
    const metadata = { ...(deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds }) };
    const local = { metadata, spec: { containers: [], terminationGracePeriodSeconds: 30 } };
    const annotations = told === undefined ? {} : { [DELETION_GRACE]: told };
    assert.deepEqual(graceAnnotation(local, { metadata: { annotations } }), expected);
  });
}

for (const [text, seconds] of [
  ["5", 5],
  ["0", 1],
  ["-1", undefined],
  ["1e3", undefined],
  ["9999999999", undefined],
  ["", undefined],
] as const) {
  test(`a consumer's grace of "${text}" is ${seconds}`, () => {
    assert.equal(graceOf({ metadata: { annotations: { [DELETION_GRACE]: text } } }), seconds);
  });
}
