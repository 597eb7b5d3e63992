import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeploymentStatus } from "kubernetes-types/apps/v1";
import { isRolledOut } from "./rollout.ts";

const ALL = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };

for (const [name, status, expected] of [
  ["has what it asks for", ALL, true],
  ["has told nothing yet", {}, false],
  ["was changed since the controller saw it: its pod is the old one", { ...ALL, observedGeneration: 1 }, false],
  ["has its old pod beside a new one that is not ready", { ...ALL, replicas: 2 }, false],
  ["has a new pod that is not available", { ...ALL, readyReplicas: 0, availableReplicas: 0 }, false],
  ["has its old pod only", { ...ALL, updatedReplicas: 0 }, false],
] as const satisfies readonly [string, DeploymentStatus, boolean][]) {
  test(`a Deployment that ${name} is ${expected ? "" : "not "}rolled out`, () => {
    assert.equal(
      isRolledOut({ metadata: { generation: 2 }, spec: { replicas: 1, selector: {}, template: {} }, status }),
      expected,
    );
  });
}

test("a Deployment that is not there is not rolled out", () => assert.equal(isRolledOut(undefined), false));
