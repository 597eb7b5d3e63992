import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import { isProtectedNamespace } from "#forge/names.ts";
import { wordsOf } from "#kit/admission.ts";
import { checkCreate, checkUpdate } from "./validate.ts";

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

type Spec = NonNullable<NamespaceOffloading["spec"]>;
const offloading = (spec: Partial<Spec>): NamespaceOffloading => ({ ...OFFLOADING, spec: spec as Spec });

const creations: readonly { name: string; next: NamespaceOffloading; says?: RegExp }[] = [
  { name: "another name", next: { metadata: { name: "mine" } }, says: /must match "offloading", found "mine"/ },
  {
    name: "a selected name that is missing",
    next: offloading({ namespaceMappingStrategy: "SelectedName" }),
    says: /spec\.remoteNamespaceName must be set when/,
  },
  {
    name: "a selected name",
    next: offloading({ namespaceMappingStrategy: "SelectedName", remoteNamespaceName: "a" }),
  },
];

for (const { name, next, says } of creations) {
  test(`creation with ${name}: ${says === undefined ? "allowed" : "refused"}`, () => {
    const answer = checkCreate(next, "web", false);
    assert.equal(answer.allowed, says === undefined);
    if (says !== undefined) assert.match(wordsOf(answer), says);
  });
}

const BEFORE: Partial<Spec> = {
  namespaceMappingStrategy: "DefaultName",
  podOffloadingStrategy: "LocalAndRemote",
};

for (const { change, answer } of [
  { change: {}, answer: "allowed" },
  {
    change: { namespaceMappingStrategy: "EnforceSameName" },
    answer: "NamespaceMappingStrategy value cannot be modified",
  },
  { change: { remoteNamespaceName: "b" }, answer: "RemoteNamespaceName value cannot be modified" },
  { change: { podOffloadingStrategy: "Remote" }, answer: "pods already running are not moved" },
  { change: { podOffloadingStrategy: "Local" }, answer: "pods already running are not moved" },
] as const) {
  test(`a change of ${Object.keys(change).join() || "nothing"}: ${answer}`, () => {
    const found = checkUpdate(offloading({ ...BEFORE, ...change }), offloading(BEFORE));
    if (answer === "allowed") assert.deepEqual(found, { allowed: true });
    else assert.ok(wordsOf(found).includes(answer), wordsOf(found));
    assert.equal(found.allowed, !answer.includes("cannot be modified"));
  });
}

test("back to pods anywhere needs no warning", () => {
  const found = checkUpdate(offloading(BEFORE), offloading({ ...BEFORE, podOffloadingStrategy: "Remote" }));
  assert.deepEqual(found, { allowed: true });
});
