import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "#machinery/meta.ts";
import { titleOf } from "./model.ts";
import { isUsersOwn, removalOf } from "./removal.ts";

const object = (kind: string, key: string, ...owners: readonly string[]): KubeObject => {
  const [namespace, name = ""] = key.includes("/") ? key.split("/") : [undefined, key];
  const ownerReferences = owners.map((uid) => ({ apiVersion: "v1", kind: "Owner", name: uid, uid }));
  return {
    kind,
    metadata: {
      name,
      uid: name,
      ...(namespace !== undefined && { namespace }),
      ...(owners.length > 0 && { ownerReferences }),
    },
  };
};

const WORLD = [
  object("Namespace", "twin"),
  object("Service", "twin/web"),
  object("Tenant", "tenant/milan"),
  object("RoleBinding", "tenant/bound", "milan"),
  object("Secret", "tenant/deeper", "bound"),
  object("Secret", "tenant/shared", "milan", "other"),
  object("Secret", "tenant/alone"),
  object("ClusterRoleBinding", "wide", "web"),
];

for (const [name, root, expected] of [
  [
    "what lies in a namespace goes with it, and what that owned",
    object("Namespace", "twin"),
    ["Namespace twin", "Service twin/web", "ClusterRoleBinding wide"],
  ],
  [
    "what is owned goes with its last owner, and so on",
    object("Tenant", "tenant/milan"),
    ["Tenant tenant/milan", "RoleBinding tenant/bound", "Secret tenant/deeper"],
  ],
  ["what nobody has listed goes all the same", object("Secret", "x/unseen"), ["Secret x/unseen"]],
] as const)
  test(name, () => {
    const steps = removalOf("rome", WORLD, [{ object: root, why: "asked" }]);
    assert.deepEqual(
      steps.map((step) => titleOf(step.object)),
      expected,
    );
    assert.equal(steps[0]?.why, "asked");
  });

const mine = { kind: "ConfigMap", metadata: { name: "a", namespace: "twin" } };
for (const [name, found, expected] of [
  ["without a mark of Liqo's", mine, true],
  ["a copy", { ...mine, metadata: { ...mine.metadata, labels: { "offloading.liqo.io/origin": "milan" } } }, false],
  ["Liqo's by an annotation", { ...mine, metadata: { ...mine.metadata, annotations: { "liqo.io/x": "" } } }, false],
  ["of another domain", { ...mine, metadata: { ...mine.metadata, labels: { "notliqo.io/x": "" } } }, true],
  ["owned", object("Secret", "twin/a", "b"), false],
  ["of a kind of Liqo's", { ...mine, apiVersion: "offloading.liqo.io/v1beta1", kind: "ShadowPod" }, false],
  ["what Kubernetes makes by itself", { kind: "ServiceAccount", metadata: { name: "default" } }, false],
] as const)
  test(`the user's own, ${name}: ${expected}`, () => assert.equal(isUsersOwn(found), expected));
