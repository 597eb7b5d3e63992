import assert from "node:assert/strict";
import { test } from "node:test";
import type { Toleration } from "kubernetes-types/core/v1";
import type { PeerLostPolicy } from "#forge/pod/peer-lost.ts";
import { imposedTerms, patchFor } from "./mutate.ts";

const selected = [{ matchExpressions: [{ key: "region", operator: "In", values: ["eu"] }] }];
const virtual = { key: "liqo.io/type", operator: "In", values: ["virtual-node"] };
const local = { key: "liqo.io/type", operator: "NotIn", values: ["virtual-node"] };

test("Local changes nothing", () => {
  assert.deepEqual(patchFor({ containers: [] }, { podOffloadingStrategy: "Local" }), []);
});

test("LocalAndRemote without selector only tolerates virtual nodes", () => {
  const patch = patchFor({ containers: [] }, { podOffloadingStrategy: "LocalAndRemote" });
  assert.deepEqual(
    patch.map(({ path }) => path),
    ["/spec/tolerations"],
  );
});

for (const [strategy, terms, expected] of [
  ["Remote", [], [{ matchExpressions: [virtual] }]],
  ["Remote", selected, [{ matchExpressions: [...(selected[0]?.matchExpressions ?? []), virtual] }]],
  ["LocalAndRemote", selected, [...selected, { matchExpressions: [local] }]],
  ["LocalAndRemote", [], []],
] as const) {
  test(`${strategy} with ${terms.length} terms imposes ${expected.length}`, () => {
    assert.deepEqual(imposedTerms(strategy, [...terms]), expected);
  });
}

test("the pod's own terms are multiplied with the imposed ones", () => {
  const own = { matchExpressions: [{ key: "disk", operator: "Exists" }] };
  const affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [own, own] } },
  };
  const patch = patchFor({ containers: [], affinity }, { podOffloadingStrategy: "Remote" });
  const value = patch.find(({ path }) => path === "/spec/affinity")?.value as typeof affinity;
  const terms = value.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
  assert.deepEqual(terms, [
    { matchExpressions: [...own.matchExpressions, virtual] },
    { matchExpressions: [...own.matchExpressions, virtual] },
  ]);
});

test("a pod of Liqo's RuntimeClass is left alone", () => {
  assert.deepEqual(patchFor({ containers: [] }, { podOffloadingStrategy: "Remote" }, { isOfRuntimeClass: true }), []);
});

test("what becomes of the pod when its peer is lost is a toleration, in place of Kubernetes' own", () => {
  const given = ["not-ready", "unreachable"].map((name) => ({
    ...{ key: `node.kubernetes.io/${name}`, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
  }));
  const tolerationsFor = (policy: PeerLostPolicy) =>
    patchFor({ containers: [], tolerations: given }, {}, { policy })[0]?.value as Toleration[];
  const [admitted, ...moved] = tolerationsFor({ kind: "move", afterSeconds: 5 });
  assert.equal(admitted?.key, "virtual-node.liqo.io/not-allowed");
  assert.deepEqual(
    moved,
    given.map((each) => ({ ...each, tolerationSeconds: 5 })),
  );
  for (const kind of ["stay", "never-duplicate"] as const)
    assert.deepEqual(
      tolerationsFor({ kind }).slice(1),
      given.map(({ tolerationSeconds: _, ...each }) => each),
    );
});
