import assert from "node:assert/strict";
import { test } from "node:test";
import { isReserved } from "./reserved.ts";

const SETTINGS = {
  liqoNamespace: "liqo-system",
  reservedNamespaces: ["default", "kube-*", "openshift*", "*-secret", "a*b*c"],
};

for (const [name, expected] of [
  ["default", true],
  ["default-milan", false],
  ["kube-system", true],
  ["kube-flannel", true],
  ["kubernetes", false],
  ["openshift", true],
  ["openshift-config", true],
  ["my-secret", true],
  ["my-secrets", false],
  ["liqo-system", true],
  ["liqo-demo-milan", false],
  ["abc", true],
  ["axxbxxc", true],
  ["ac", false],
  ["acb", false],
] as const) {
  test(`${name} is ${expected ? "" : "not "}reserved`, () => assert.equal(isReserved(name, SETTINGS), expected));
}
