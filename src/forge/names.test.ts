import assert from "node:assert/strict";
import { test } from "node:test";
import {
  certificateSecretName,
  isProtectedNamespace,
  remoteNamespaceName,
  sliceUserName,
  tenantNamespaceName,
} from "./names.ts";

for (const [expected, strategy, selected] of [
  ["shop-milan", "DefaultName", undefined],
  ["shop-milan", undefined, undefined],
  ["shop", "EnforceSameName", "store"],
  ["store", "SelectedName", "store"],
  ["shop-milan", "SelectedName", undefined],
  ["shop-milan", "SelectedName", ""],
] as const) {
  test(`the twin of shop by ${strategy} with "${selected}" is ${expected}`, () => {
    assert.equal(remoteNamespaceName("shop", "milan", strategy, selected), expected);
  });
}

for (const [namespace, isProtected] of [
  ["default", true],
  ["kube-system", true],
  ["kube-anything", true],
  ["liqo", true],
  ["liqo-storage", true],
  ["liqo-elsewhere", true],
  [tenantNamespaceName("rome"), true],
  ["shop", false],
  ["liqo-shop", false],
  ["kubernetes", false],
] as const) {
  test(`namespace ${namespace} is ${isProtected ? "" : "not "}protected`, () => {
    assert.equal(isProtectedNamespace(namespace, "liqo-elsewhere"), isProtected);
  });
}

test("a slice's user differs between consumers, whose slices may be called alike", () => {
  assert.match(sliceUserName("s", "milan"), /^s-[0-9a-f]{12}$/);
  assert.notEqual(sliceUserName("s", "milan"), sliceUserName("s", "turin"));
});

test("the certificates of a consumer and of its slices are kept apart", () => {
  assert.notEqual(certificateSecretName(), certificateSecretName("s"));
});
