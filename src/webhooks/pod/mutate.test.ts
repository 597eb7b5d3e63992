import assert from "node:assert/strict";
import { test } from "node:test";
import { imposedTerms, patchFor } from "./mutate.ts";

const selected = [{ matchExpressions: [{ key: "region", operator: "In", values: ["eu"] }] }];
const virtual = { key: "liqo.io/type", operator: "In", values: ["virtual-node"] };
const local = { key: "liqo.io/type", operator: "NotIn", values: ["virtual-node"] };

test("Local changes nothing", () => {
  assert.deepEqual(patchFor({ containers: [] }, { podOffloadingStrategy: "Local" }, "liqo"), []);
});

test("LocalAndRemote without selector only tolerates virtual nodes", () => {
  const patch = patchFor({ containers: [] }, { podOffloadingStrategy: "LocalAndRemote" }, "liqo");
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
  const patch = patchFor({ containers: [], affinity }, { podOffloadingStrategy: "Remote" }, "liqo");
  const value = patch.find(({ path }) => path === "/spec/affinity")?.value as typeof affinity;
  const terms = value.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
  assert.deepEqual(terms, [
    { matchExpressions: [...own.matchExpressions, virtual] },
    { matchExpressions: [...own.matchExpressions, virtual] },
  ]);
});

test("a pod of Liqo's RuntimeClass is left alone", () => {
  assert.deepEqual(
    patchFor({ containers: [], runtimeClassName: "liqo" }, { podOffloadingStrategy: "Remote" }, "liqo"),
    [],
  );
});
