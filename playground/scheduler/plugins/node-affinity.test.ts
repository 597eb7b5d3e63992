import assert from "node:assert/strict";
import { test } from "node:test";
import type { NodeSelectorTerm, PodSpec } from "kubernetes-types/core/v1";
import { firstNode, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { nodeAffinity } from "./node-affinity.ts";

const node = nodeNamed("rome-1", { metadata: { labels: { zone: "a" } } });
const REASONS = ["node(s) didn't match Pod's node affinity/selector"];
const inZone = (...values: string[]): NodeSelectorTerm => ({
  matchExpressions: [{ key: "zone", operator: "In", values }],
});
const required = (...nodeSelectorTerms: NodeSelectorTerm[]): Partial<PodSpec> => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});

for (const [name, spec, expected] of [
  ["nothing asked", {}, undefined],
  ["the selector fits", { nodeSelector: { zone: "a" } }, undefined],
  ["the selector does not fit", { nodeSelector: { zone: "b" } }, REASONS],
  ["the affinity fits", required(inZone("a", "b")), undefined],
  ["one of the terms suffices", required(inZone("b"), inZone("a")), undefined],
  ["the affinity does not fit", required(inZone("b")), REASONS],
  ["both are needed", { ...required(inZone("a")), nodeSelector: { zone: "b" } }, REASONS],
] as [string, Partial<PodSpec>, string[] | undefined][]) {
  test(`NodeAffinity: ${name}`, () => {
    const rejection = nodeAffinity.filter?.(podNamed("web", { spec }), ...firstNode([node]));
    assert.deepEqual(rejection?.reasons, expected);
    assert.notEqual(rejection?.resolvable, true);
  });
}

test("NodeAffinity scores the weights of the preferences that the node meets", () => {
  const preferred = [
    { weight: 30, preference: inZone("a") },
    { weight: 50, preference: inZone("b") },
    { weight: 5, preference: inZone("a", "c") },
  ];
  const spec = { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } };
  assert.equal(nodeAffinity.score?.(podNamed("web", { spec }), ...firstNode([node])), 35);
  assert.equal(nodeAffinity.score?.(podNamed("web"), ...firstNode([node])), 0);
});
