import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeNodeStatus } from "#forge/node.ts";
import { NODE_OPTIONS } from "#kit/node-options.ts";
import { canServe } from "./can-serve.ts";

const VIRTUAL = { spec: { resourceQuota: { hard: { cpu: "1", memory: "1Gi" } } } };

const CASES = [
  [true, true, true],
  [true, undefined, true],
  [true, false, false],
  [false, true, true],
  [false, false, false],
  [false, undefined, false],
] as const;

for (const [isApiServerUp, isNetworkUp, expected] of CASES) {
  test(`pods ${expected ? "serve" : "do not serve"}, API server up: ${isApiServerUp}, network up: ${isNetworkUp}`, () => {
    const status = forgeNodeStatus(
      VIRTUAL,
      NODE_OPTIONS,
      { isApiServerUp, isNetworkUp },
      { before: undefined, nowMs: 0 },
    );
    assert.equal(canServe({ status }), expected);
  });
}

test("pods of a node whose virtual kubelet is silent do not serve, whatever it said last of the network", () => {
  const conditions = [
    { type: "Ready", status: "Unknown", reason: "NodeStatusUnknown" },
    { type: "NetworkUnavailable", status: "False" },
  ];
  assert.equal(canServe({ status: { conditions } }), false);
});
