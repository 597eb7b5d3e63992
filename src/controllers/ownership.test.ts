import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject, OwnerReference } from "#machinery/meta.ts";
import { ownedBy, withOwner } from "./ownership.ts";

const reference = (uid: string, name = "manager"): OwnerReference => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  name,
  uid,
});
const OWNER: KubeObject = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "manager", uid: "u" } };
const LEAVING = { ...OWNER, metadata: { ...OWNER.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
const owned = (...ownerReferences: OwnerReference[]): KubeObject => ({ metadata: { name: "a", ownerReferences } });

for (const [name, object, owner, expected] of [
  ["one without owner", { metadata: { name: "a" } }, OWNER, [reference("u")]],
  ["one that has it", owned(reference("u")), OWNER, undefined],
  ["one of a chart that is no more", owned(reference("old")), OWNER, [reference("u")]],
  ["one of somebody else, too", owned(reference("x", "other")), OWNER, [reference("x", "other"), reference("u")]],
  ["one whose owner is not there", owned(), undefined, undefined],
  ["one whose owner leaves", owned(), LEAVING, undefined],
  ["one that leaves itself", { metadata: { ...LEAVING.metadata } }, OWNER, undefined],
] as const) {
  test(`owners of ${name}`, () => assert.deepEqual(withOwner(object, owner), expected));
}

test("an object is made with its owner, and without when there is none", () => {
  const made = { metadata: { name: "a" }, spec: 1 };
  assert.deepEqual(ownedBy(made, OWNER), { metadata: { name: "a", ownerReferences: [reference("u")] }, spec: 1 });
  assert.equal(ownedBy(made, undefined), made);
});
