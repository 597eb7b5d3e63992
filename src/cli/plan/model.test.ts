import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps, pods, roleBindings } from "#machinery/builtin.ts";
import { isTold, type Part, planOf, step } from "./model.ts";

const binding = {
  metadata: { name: "b", namespace: "shop-milan" },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "reader" },
  subjects: [{ kind: "Group", name: "milan" }],
};
const map = { metadata: { name: "conf", namespace: "shop" } };

test("changes are in the order of cluster, verb and place, each once, with the first reason", () => {
  const parts: Part[] = [
    { steps: [step("rome", "delete", configMaps, map, "first"), step("rome", "create", roleBindings, binding, "r")] },
    { steps: [step("rome", "delete", configMaps, map, "second"), step("milan", "change", configMaps, map, "c")] },
  ];
  assert.deepEqual(planOf("liqoctl x", parts).changes, [
    { cluster: "milan", verb: "change", kind: "ConfigMap", namespace: "shop", name: "conf", why: "c" },
    { cluster: "rome", verb: "create", kind: "RoleBinding", namespace: "shop-milan", name: "b", why: "r" },
    { cluster: "rome", verb: "delete", kind: "ConfigMap", namespace: "shop", name: "conf", why: "first" },
  ]);
});

for (const [verb, expected] of [
  ["create", "grant"],
  ["delete", "revoke"],
] as const)
  test(`a binding that a plan would ${verb} is a ${expected}`, () => {
    const { rights } = planOf("liqoctl x", [{ steps: [step("rome", verb, roleBindings, binding, "")] }]);
    assert.deepEqual(rights, [
      { cluster: "rome", verb: expected, role: "ClusterRole reader", to: "Group milan", namespace: "shop-milan" },
    ]);
  });

const fate = { cluster: "milan", namespace: "shop", name: "a", why: "so" } as const;
const gone = { ...step("rome", "delete", configMaps, map, ""), isUsers: true };
for (const [name, part, expected] of [
  ["a pod that ends", { pods: [{ ...fate, fate: "ends" }] }, ["pod shop/a of milan ends: so"]],
  ["a pod that moves", { pods: [{ ...fate, fate: "moves" }] }, []],
  ["a pod that stays", { pods: [{ ...fate, fate: "stays" }] }, []],
  [
    "a volume",
    { data: [{ cluster: "rome", namespace: "shop", name: "db", size: "1Gi" }] },
    ["the data of claim shop/db (1Gi) at rome is lost"],
  ],
  ["a user's object", { steps: [gone] }, ["ConfigMap shop/conf at rome, which is nobody's copy, is deleted"]],
  ["a copy", { steps: [{ ...gone, isUsers: false }] }, []],
  ["a connection", { breaks: ["it breaks", "it breaks"] }, ["it breaks"]],
] as const satisfies readonly (readonly [string, Part, readonly string[]])[])
  test(`${name}: what is destructive of it`, () => {
    assert.deepEqual(planOf("liqoctl x", [part]).destructive, expected);
  });

test("what Kubernetes does by itself is not told", () => {
  const untold = [
    { kind: pods.kind, metadata: { name: "a" } },
    { kind: "EndpointSlice", metadata: { name: "a" } },
    { kind: "IPAddress", metadata: { name: "10.96.0.7" } },
    { kind: "APIService", metadata: { name: "a", labels: { "kube-aggregator.kubernetes.io/automanaged": "true" } } },
    { kind: "ConfigMap", metadata: { name: "kube-root-ca.crt" } },
    { kind: "ServiceAccount", metadata: { name: "default" } },
  ];
  assert.deepEqual(untold.filter(isTold), []);
  assert.ok(isTold({ kind: "ConfigMap", metadata: { name: "kube-root-ca.crt.milan" } }));
  assert.ok(isTold({ kind: "APIService", metadata: { name: "somebody's" } }));
});
