import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import { isProtectedNamespace } from "#forge/names.ts";
import { checkCreate } from "./validate.ts";

const OFFLOADING: NamespaceOffloading = {
  metadata: { name: "offloading", labels: { "liqo.io/webhook-skip": "true" } },
};

for (const [namespace, isProtected] of [
  ["web", false],
  ["liqo-demo", false],
  ["kube-public", true],
  ["default", true],
  ["liqo-system", true],
  ["liqo-tenant-rome", true],
] as const) {
  test(`namespace ${namespace} ${isProtected ? "is protected" : "may be offloaded"}`, () => {
    const answer = checkCreate(OFFLOADING, namespace, isProtectedNamespace(namespace, "liqo-system"));
    assert.equal(answer.allowed, !isProtected);
  });
}
