import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceImport } from "#api/multicluster/serviceimport.ts";
import { exportConditions, importConditions } from "./conditions.ts";

const VALID = { type: "Valid", status: "True", reason: "Valid", message: "" };
const INVALID = { type: "Valid", status: "False", reason: "NoService", message: "create it" };
const imported = (ready: string, ...clusters: string[]): ServiceImport => ({
  status: {
    clusters: clusters.map((cluster) => ({ cluster })),
    conditions: [
      { type: "Ready", status: ready },
      { type: "Conflict", status: "True", reason: "PortConflict", message: "ports" },
    ],
  },
});

for (const [name, seen, expected] of [
  ["it is part of a ready import", { valid: VALID, imported: imported("True", "milan") }, "True PortConflict Exported"],
  ["the import is not ready", { valid: VALID, imported: imported("False", "milan") }, "True PortConflict Pending"],
  ["it is no part of it yet", { valid: VALID, imported: imported("True", "rome") }, "True NoConflicts Pending"],
  ["there is no import", { valid: VALID, imported: undefined }, "True NoConflicts Pending"],
  ["it is not valid", { valid: INVALID, imported: undefined }, "False NoConflicts Failed"],
  ["something is in its way", { valid: VALID, imported: undefined, obstacle: "why" }, "True NoConflicts Failed"],
] as const) {
  test(`${name}: ${expected}`, () => {
    const conditions = exportConditions(undefined, { ...seen, cluster: "milan" }, 0);
    const [valid, conflict, ready] = ["Valid", "Conflict", "Ready"].map((type) =>
      conditions.find((each) => each.type === type),
    );
    assert.equal(`${valid?.status} ${conflict?.reason} ${ready?.reason}`, expected);
    assert.ok(
      conditions.every(({ lastTransitionTime, message }) => lastTransitionTime !== "" && message !== undefined),
    );
    assert.deepEqual(exportConditions(conditions, { ...seen, cluster: "milan" }, 60_000), conditions);
  });
}

test("conditions of others stay", () => {
  const other = { type: "example.com/Seen", status: "True" };
  const conditions = exportConditions([other], { valid: VALID, imported: undefined, cluster: "milan" }, 0);
  assert.deepEqual(conditions[0], other);
});

test("an import is ready once it can be reached, and says what differs", () => {
  const conflict = { type: "Conflict", status: "True", reason: "TypeConflict", message: "headlessness" };
  const waiting = importConditions(undefined, { conflict, isReachable: false }, 0);
  assert.deepEqual(
    waiting.map(({ status, reason }) => [status, reason]),
    [
      ["False", "Pending"],
      ["True", "TypeConflict"],
    ],
  );
  assert.equal(importConditions(waiting, { conflict, isReachable: true }, 0)[0]?.reason, "Ready");
});
