import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node, Pod, TopologySpreadConstraint } from "kubernetes-types/core/v1";
import { clusterOf, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";

const inZone = (name: string, zone: string): Node => nodeNamed(name, { metadata: { labels: { zone } } });
const nodes = [inZone("a1", "a"), inZone("a2", "a"), inZone("b1", "b"), nodeNamed("nowhere")];
const web = (name: string, nodeName: string, more: Pod["metadata"] = {}): Pod =>
  podNamed(name, { metadata: { labels: { app: "web" }, ...more }, spec: { nodeName } });
const leaving = { labels: { app: "web" }, deletionTimestamp: "2026-01-01T00:00:00Z" };

function newPod(whenUnsatisfiable: string, more: Partial<TopologySpreadConstraint> = {}, labels = { app: "web" }): Pod {
  const labelSelector = { matchLabels: { app: "web" } };
  const constraint = { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable, labelSelector, ...more };
  return podNamed("new", { metadata: { labels }, spec: { topologySpreadConstraints: [constraint] } });
}

/** By node, why it is rejected, shortened; `-` where it is not. */
function judge(pod: Pod, pods: readonly Pod[]): string[] {
  const state = clusterOf(nodes, pods);
  return state.nodes.map((node) => {
    const rejection = podTopologySpread.filter?.(pod, node, state);
    if (rejection === undefined) return "-";
    return `${rejection.reasons.join()} ${rejection.resolvable}`.replace(
      "node(s) didn't match pod topology spread constraints",
      "spread",
    );
  });
}

const LABEL = "spread (missing required label) false";
const FULL = "spread true";

for (const [name, pod, pods, expected] of [
  ["an empty cluster", newPod("DoNotSchedule"), [], ["-", "-", "-", LABEL]],
  ["one in zone a", newPod("DoNotSchedule"), [web("1", "a1")], [FULL, FULL, "-", LABEL]],
  ["one in each", newPod("DoNotSchedule"), [web("1", "a1"), web("2", "b1")], ["-", "-", "-", LABEL]],
  ["one in zone a, a skew of two", newPod("DoNotSchedule", { maxSkew: 2 }), [web("1", "a1")], ["-", "-", "-", LABEL]],
  ["one that is leaving does not count", newPod("DoNotSchedule"), [web("1", "a1", leaving)], ["-", "-", "-", LABEL]],
  [
    "nor one of another namespace",
    newPod("DoNotSchedule"),
    [web("1", "a1", { namespace: "else", labels: { app: "web" } })],
    ["-", "-", "-", LABEL],
  ],
  [
    "a pod that is not counted itself",
    newPod("DoNotSchedule", {}, { app: "db" }),
    [web("1", "a1")],
    ["-", "-", "-", LABEL],
  ],
  ["a wish is no condition", newPod("ScheduleAnyway"), [web("1", "a1")], ["-", "-", "-", "-"]],
] as [string, Pod, Pod[], string[]][]) {
  test(`PodTopologySpread: ${name}`, () => assert.deepEqual(judge(pod, pods), expected));
}

test("PodTopologySpread: zones that the pod cannot go to are not compared", () => {
  const pod = newPod("DoNotSchedule");
  pod.spec = { ...pod.spec, containers: [], nodeSelector: { zone: "a" } };
  assert.deepEqual(judge(pod, [web("1", "a1")]).slice(0, 2), ["-", "-"]);
});

test("PodTopologySpread counts, for a wish, the pods that are there already; fewer are better", () => {
  const state = clusterOf(nodes, [web("1", "a1"), web("2", "a2"), web("3", "b1")]);
  const scores = state.nodes.map((node) => podTopologySpread.score?.(newPod("ScheduleAnyway"), node, state));
  assert.deepEqual(scores, [2, 2, 1, 0]);
  assert.equal(podTopologySpread.reverse, true);
});
