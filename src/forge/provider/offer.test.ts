import assert from "node:assert/strict";
import { test } from "node:test";
import { isAcceptedNodeLabel } from "./node-labels.ts";
import { acceptOffer } from "./offer.ts";

const labels: readonly (readonly [key: string, value: string, isAccepted: boolean])[] = [
  ["zone", "west", true],
  ["topology.kubernetes.io/region", "it", true],
  ["topology.kubernetes.io/zone", "it-1", true],
  ["failure-domain.beta.kubernetes.io/zone", "it-1", true],
  ["node.kubernetes.io/instance-type", "m5.large", true],
  ["kubernetes.io/arch", "arm64", true],
  ["kubernetes.io/arch", "worker-node-1", false],
  ["kubernetes.io/os", "linux", true],
  ["kubernetes.io/os", "plan9", false],
  ["liqo.io/provider", "kind", true],
  ["example.com/kubernetes.io", "x", true],
  ["notkubernetes.io/x", "x", true],
  ["kubernetes.io/hostname", "worker-node-1", false],
  ["node-role.kubernetes.io/control-plane", "", false],
  ["node-restriction.kubernetes.io/pci", "true", false],
  ["node.kubernetes.io/exclude-from-external-load-balancers", "", false],
  ["cluster-autoscaler.k8s.io/x", "true", false],
  ["liqo.io/type", "virtual-node", false],
  ["storage.liqo.io/available", "true", false],
  ["toString", "x", true],
  ["not a key", "x", false],
  ["a/b/c", "x", false],
  ["x", "not a value", false],
  ["x".repeat(64), "x", false],
  ["x", "x".repeat(64), false],
];

for (const [key, value, isAccepted] of labels) {
  test(`label ${key.slice(0, 30)}=${value.slice(0, 30)} is ${isAccepted ? "accepted" : "dropped"}`, () => {
    assert.equal(isAcceptedNodeLabel(key, value), isAccepted);
  });
}

test("what cannot be meant is dropped and named, the rest is taken", () => {
  const { offer, dropped } = acceptOffer({
    resources: { cpu: "4", memory: "-1", "not a name": "1", "example.com/gpu": "much" },
    nodeLabels: { zone: "west", "kubernetes.io/hostname": "x" },
    nodeSelector: { tenant: "milan", "bad key": "x" },
    storageClasses: [{ storageClassName: "fast", default: true }, { storageClassName: "../x" }],
    ingressClasses: [{ ingressClassName: "nginx" }, { ingressClassName: "" }],
    loadBalancerClasses: [{ loadBalancerClassName: "example.com/vip" }, { loadBalancerClassName: "a/b/c" }],
  });
  assert.deepEqual(offer, {
    resources: { cpu: "4" },
    nodeLabels: { zone: "west" },
    nodeSelector: { tenant: "milan" },
    storageClasses: [{ storageClassName: "fast", default: true }],
    ingressClasses: [{ ingressClassName: "nginx" }],
    loadBalancerClasses: [{ loadBalancerClassName: "example.com/vip" }],
  });
  assert.deepEqual(dropped, [
    "resource memory",
    "resource not a name",
    "resource example.com/gpu",
    "label kubernetes.io/hostname",
    "node selector bad key",
    "storage class ../x",
    "ingress class ",
    "load balancer class a/b/c",
  ]);
});

test("no more than a Node can bear", () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`label-${i}`, "x"]));
  const { offer, dropped } = acceptOffer({ nodeLabels: many });
  assert.equal(Object.keys(offer.nodeLabels ?? {}).length, 64);
  assert.equal(dropped.length, 9_936);
});

test("nothing offered, nothing taken", () => assert.deepEqual(acceptOffer(undefined), { offer: {}, dropped: [] }));
