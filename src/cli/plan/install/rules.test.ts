import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClusterRole, PolicyRule } from "kubernetes-types/rbac/v1";
import { changedRights } from "./rules.ts";

const rule = (apiGroups: string[], resources: string[], verbs: string[], more = {}): PolicyRule => ({
  ...{ apiGroups, resources, verbs },
  ...more,
});
const PODS = rule([""], ["pods"], ["get", "list"]);

for (const [what, before, after, expected] of [
  ["the same in other words", [PODS], [rule([""], ["pods"], ["list"]), rule([""], ["pods"], ["get"])], []],
  ["a verb more", [PODS], [rule([""], ["pods"], ["get", "list", "delete"])], ["grant delete pods"]],
  ["a verb less", [PODS], [rule([""], ["pods"], ["get"])], ["revoke list pods"]],
  [
    "a resource more",
    [PODS],
    [PODS, rule(["apps"], ["deployments"], ["get", "list"])],
    ["grant get, list deployments.apps"],
  ],
  [
    "one object instead of all",
    [PODS],
    [rule([""], ["pods"], ["get"], { resourceNames: ["web"] })],
    ["grant get pods/web", "revoke get, list pods"],
  ],
  ["a path", [], [{ nonResourceURLs: ["/metrics"], verbs: ["get"] }], ["grant get /metrics"]],
] as const satisfies readonly (readonly [string, PolicyRule[], PolicyRule[], string[]])[])
  test(`rights that come and go with rules: ${what}`, () => {
    const role = (rules: readonly PolicyRule[]): ClusterRole => ({
      kind: "ClusterRole",
      metadata: { name: "r" },
      rules: [...rules],
    });
    const rights = changedRights("milan", role(before), role(after));
    assert.deepEqual(
      rights.map((right) => `${right.verb} ${right.role}`),
      expected,
    );
    assert.ok(rights.every(({ to, namespace }) => to === "ClusterRole r" && namespace === undefined));
  });
