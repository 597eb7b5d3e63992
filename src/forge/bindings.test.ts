import assert from "node:assert/strict";
import { test } from "node:test";
import { forgeClusterwideBinding, forgeControlPlaneBinding, forgeNamespaceBinding } from "./bindings.ts";

const TENANT = { metadata: { namespace: "liqo-tenant-milan", name: "milan", uid: "1" }, spec: { clusterID: "milan" } };

for (const [name, binding, kind, role, namespace] of [
  [
    "its control plane, in its tenant namespace",
    forgeControlPlaneBinding(TENANT),
    "User",
    "liqo-remote-controlplane",
    "liqo-tenant-milan",
  ],
  [
    "its slices, everywhere",
    forgeClusterwideBinding("milan"),
    "Group",
    "liqo-virtual-kubelet-remote-clusterwide",
    undefined,
  ],
  [
    "its slices, in a twin namespace",
    forgeNamespaceBinding("shop-milan", "liqo-tenant-milan", "milan", {}),
    "Group",
    "liqo-virtual-kubelet-remote",
    "shop-milan",
  ],
] as const) {
  test(`a consumer's rights: ${name}`, () => {
    assert.deepEqual(binding.subjects, [{ apiGroup: "rbac.authorization.k8s.io", kind, name: "milan" }]);
    assert.equal(binding.roleRef.name, role);
    assert.equal(binding.metadata?.namespace, namespace);
    assert.equal(binding.metadata?.labels?.["liqo.io/managed"], "true");
  });
}

test("what a Tenant is given in its namespace goes with it; two consumers' rights do not meet", () => {
  assert.equal(forgeControlPlaneBinding(TENANT).metadata?.ownerReferences?.[0]?.uid, "1");
  assert.notEqual(forgeClusterwideBinding("milan").metadata?.name, forgeClusterwideBinding("turin").metadata?.name);
});
