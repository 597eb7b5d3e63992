import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeLocalEvent } from "./event.ts";

const SCOPE = {
  ...{ origin: "milan", destination: "rome", nodeName: "liqo-rome" },
  ...{ labelsNotReflected: [], annotationsNotReflected: [] },
};
const TARGET = { namespace: "shop", object: { metadata: { name: "web" } } };

for (const [reason, expected] of [
  ["FailedScheduling", "at rome: no room"],
  ["Pulled", "no room"],
] as const)
  test(`${reason} of a provider says "${expected}" at home`, () => {
    const remote = { metadata: { name: "web.1" }, involvedObject: { kind: "Pod" }, reason, message: "no room" };
    assert.equal(forgeLocalEvent(remote, TARGET, SCOPE).message, expected);
  });
