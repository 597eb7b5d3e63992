import assert from "node:assert/strict";
import { test } from "node:test";
import { selectedClusters } from "./namespace.ts";

test("pods may run in the clusters that the selector has chosen, not in all that the status lists", () => {
  const conditions = (required: string) => [
    { type: "OffloadingRequired", status: required },
    { type: "Ready", status: "True" },
  ];
  const remoteNamespacesConditions = { b: conditions("False"), c: conditions("True"), d: [] };
  assert.deepEqual(selectedClusters({ remoteNamespacesConditions }), ["c"]);
  assert.deepEqual(selectedClusters(undefined), []);
});
