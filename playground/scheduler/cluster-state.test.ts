import assert from "node:assert/strict";
import { test } from "node:test";
import { asking, clusterOf, nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { buildState } from "./cluster-state.ts";

const nodes = [nodeNamed("rome-1"), nodeNamed("rome-2")];
const on = (nodeName: string, name: string, phase = "Running") =>
  podNamed(name, { spec: { ...asking({ cpu: "500m", memory: "1Gi" }), nodeName }, status: { phase } });

test("what pods ask for is taken from their node; those that have ended or are nowhere take nothing", () => {
  const { nodes: states } = clusterOf(nodes, [
    on("rome-1", "a"),
    on("rome-1", "b"),
    on("rome-2", "ended", "Succeeded"),
    on("gone", "c"),
    podNamed("pending", { spec: asking({ cpu: "4" }) }),
  ]);
  const seen = states.map(({ node, pods, requested }) => [
    node.metadata?.name,
    pods.map(({ metadata }) => metadata?.name),
    Object.fromEntries(requested),
  ]);
  assert.deepEqual(seen, [
    ["rome-1", ["a", "b"], { pods: 2_000n, cpu: 1_000n, memory: 2n * 1024n ** 3n * 1_000n }],
    ["rome-2", [], { pods: 0n }],
  ]);
  assert.equal(states[0]?.allocatable.get("cpu"), 4_000n);
});

test("a pod that was bound a moment ago counts where it was put, until it is seen somewhere", () => {
  const assumed = new Map([
    ["a", "rome-2"],
    ["b", "rome-2"],
  ]);
  const { storage } = clusterOf([]);
  const { nodes: states } = buildState(nodes, [podNamed("a"), on("rome-1", "b")], assumed, storage);
  assert.deepEqual(
    states.map(({ pods }) => pods.map(({ metadata }) => metadata?.name)),
    [["b"], ["a"]],
  );
});
