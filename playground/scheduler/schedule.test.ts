import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { asking, clusterOf, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import type { Plugin } from "./plugin.ts";
import { DEFAULT_PLUGINS, schedule } from "./schedule.ts";

const nodes = ["a", "b", "c"].map((name) => nodeNamed(name));
const pod = podNamed("web", { spec: asking({ cpu: "1" }) });

/** Where the pod goes by these scores of a, b and c. */
function choose(plugins: readonly Plugin[], random = 0): string {
  const decision = schedule(pod, clusterOf(nodes), plugins, () => random);
  assert.equal(decision.do, "bind");
  return decision.do === "bind" ? decision.nodeName : "";
}

const scoring = (own: Partial<Plugin>, ...scores: number[]): Plugin => ({
  name: "Test",
  score: (_pod, { node }) => scores["abc".indexOf(node.metadata?.name ?? "")] ?? 0,
  ...own,
});

for (const [name, plugins, expected] of [
  ["the highest score wins", [scoring({}, 1, 7, 3)], "b"],
  ["the lowest, where less is better", [scoring({ reverse: true }, 4, 7, 3)], "c"],
  ["scales do not matter, weights do", [scoring({}, 1_000, 0, 0), scoring({ weight: 2 }, 0, 0, 1)], "c"],
  ["absolute scores are as they are", [scoring({ absolute: true }, 0, 1, 2), scoring({}, 1, 0, 0)], "a"],
  ["scores below zero count", [scoring({}, -5, -1, -3)], "b"],
  ["equal scores of one plugin leave it to the others", [scoring({}, 5, 5, 5), scoring({}, 0, 0, 1)], "c"],
] as [string, Plugin[], string][]) {
  test(`of several nodes: ${name}`, () => assert.equal(choose(plugins), expected));
}

test("chance decides between the best, and differences below one point are none", () => {
  const plugins = [scoring({ absolute: true }, 10, 10.9, 9)];
  assert.deepEqual(
    [0, 0.49, 0.5, 0.99].map((random) => choose(plugins, random)),
    ["a", "a", "b", "b"],
  );
});

test("a node that one plugin rejects is not chosen, however well it scores", () => {
  const rejecting: Plugin = {
    name: "Test",
    filter: (_pod, { node }) => (node.metadata?.name === "b" ? { reasons: ["no"], resolvable: false } : undefined),
  };
  assert.equal(choose([rejecting, scoring({}, 0, 9, 5)]), "c");
});

test("only the first rejection of a node is reported", () => {
  const no = (reason: string): Plugin => ({
    name: reason,
    filter: () => ({ reasons: [reason], resolvable: false }),
  });
  const decision = schedule(pod, clusterOf(nodes), [no("first"), no("second")], () => 0);
  assert.match(decision.do === "wait" ? decision.message : "", /^0\/3 nodes are available: 3 first\. /);
});

test("with the plugins of every cluster pods spread over nodes that are alike", () => {
  const placed: Pod[] = [];
  for (let i = 0; i < 6; i++) {
    const next = podNamed(`web-${i}`, { spec: asking({ cpu: "500m", memory: "512Mi" }) });
    const decision = schedule(next, clusterOf(nodes, placed), DEFAULT_PLUGINS, () => 0);
    const nodeName = decision.do === "bind" ? decision.nodeName : "";
    placed.push({ ...next, spec: { containers: [], ...next.spec, nodeName } });
  }
  assert.deepEqual(placed.map(({ spec }) => spec?.nodeName).sort(), ["a", "a", "b", "b", "c", "c"]);
});
