import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { leavingPods } from "./leaving-pods.ts";

function pod(name: string, owner?: string, phase = "Running"): Pod {
  const reference = { apiVersion: "apps/v1", kind: owner ?? "", name: "x", uid: "1", controller: true };
  return {
    metadata: { namespace: "web", name, ...(owner !== undefined && { ownerReferences: [reference] }) },
    status: { phase },
  };
}

const many = Array.from({ length: 12 }, (_, i) => pod(`p${String(i).padStart(2, "0")}`, "ReplicaSet"));

const cases: [string, Pod[], string[]][] = [
  ["no pods, nothing to say", [], []],
  [
    "finished pods and those of the node itself do not count",
    [pod("a", undefined, "Succeeded"), pod("b", "DaemonSet")],
    [],
  ],
  [
    "those with a controller move, others end",
    [pod("b", "ReplicaSet"), pod("c"), pod("a", "StatefulSet")],
    ["2 pods will move: web/a, web/b", "1 pod without a controller will end: web/c"],
  ],
  [
    "a long list is cut",
    many,
    [
      "12 pods will move: web/p00, web/p01, web/p02, web/p03, web/p04, web/p05, web/p06, web/p07, web/p08, web/p09 and 2 more",
    ],
  ],
];

for (const [name, found, lines] of cases) {
  test(name, () => assert.deepEqual(leavingPods(found), lines));
}
