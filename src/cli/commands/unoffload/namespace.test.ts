import assert from "node:assert/strict";
import { test } from "node:test";
import { owedRemovals } from "./namespace.ts";

test("twins that are not asked for any more, and still told of, are left to their providers", () => {
  const twin = { remoteNamespace: "web-milan", phase: "Accepted" as const };
  const map = (name: string, desired: Record<string, string>, current: Record<string, typeof twin>) => ({
    metadata: { name },
    spec: { desiredMapping: desired },
    status: { currentMapping: current },
  });
  const maps = [
    map("rome", {}, { web: twin, other: twin }),
    map("oslo", { web: "web-milan" }, { web: twin }),
    map("bern", {}, { other: twin }),
  ];
  assert.deepEqual(owedRemovals("web", maps), [
    "rome does not answer: its namespace web-milan and what runs there go when it is back",
  ]);
});
