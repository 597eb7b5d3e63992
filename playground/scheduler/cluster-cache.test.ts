import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { asking, clusterOf, NO_STORAGE, nodeNamed, podNamed, storeOf } from "#kit/cluster-objects.ts";
import { ClusterCache } from "./cluster-cache.ts";
import type { ClusterState } from "./cluster-state.ts";

const nodes = [nodeNamed("rome-1"), nodeNamed("rome-2")];
const on = (nodeName: string, name: string, phase = "Running"): Pod =>
  podNamed(name, { spec: { ...asking({ cpu: "500m", memory: "1Gi" }), nodeName }, status: { phase } });
const free = (name: string): Pod => podNamed(name, { spec: asking({ cpu: "500m", memory: "1Gi" }) });

/** `rome-1: a b; rome-2:` */
function shown({ nodes: states }: ClusterState): string {
  const names = (pods: readonly Pod[]): string => pods.map(({ metadata }) => ` ${metadata?.name}`).join("");
  return states.map(({ node, pods }) => `${node.metadata?.name}:${names(pods)}`).join("; ");
}

function fixture(...present: Pod[]) {
  const [nodeStore, podStore] = [storeOf(nodes), storeOf(present)];
  const cache = new ClusterCache(nodeStore, podStore, NO_STORAGE);
  /** As the informer would: first the store, then the handlers. */
  const put = (pod: Pod): void => {
    const previous = podStore.put(pod);
    if (previous !== undefined) cache.podChanged(previous);
    cache.podChanged(pod);
  };
  return { cache, nodeStore, podStore, put };
}

test("what pods ask for is taken from their node; those that have ended or are nowhere take nothing", () => {
  const state = clusterOf(nodes, [
    on("rome-1", "a"),
    on("rome-1", "b"),
    on("rome-2", "ended", "Succeeded"),
    on("gone", "c"),
    free("pending"),
  ]);
  assert.equal(shown(state), "rome-1: a b; rome-2:");
  const [first, second] = state.nodes;
  assert.deepEqual(Object.fromEntries(first?.requested ?? []), {
    pods: 2_000n,
    cpu: 1_000n,
    memory: 2n * 1024n ** 3n * 1_000n,
  });
  assert.deepEqual(Object.fromEntries(second?.requested ?? []), { pods: 0n });
  assert.equal(first?.allocatable.get("cpu"), 4_000n);
});

test("a pod that was bound a moment ago counts where it was put, until it is seen somewhere", () => {
  const { cache, put } = fixture(free("a"));
  assert.equal(shown(cache.state()), "rome-1:; rome-2:");
  cache.assume(free("a"), "rome-2");
  assert.equal(cache.isAssumed(free("a")), true);
  assert.equal(shown(cache.state()), "rome-1:; rome-2: a");
  // A change that does not show the node yet changes nothing.
  put({ ...free("a"), status: { phase: "Pending" } });
  assert.equal(shown(cache.state()), "rome-1:; rome-2: a");
  put(on("rome-1", "a"));
  assert.equal(cache.isAssumed(free("a")), false);
  assert.equal(shown(cache.state()), "rome-1: a; rome-2:");
});

test("a pod that waits for its volumes counts there, and is still to be bound", () => {
  const { cache } = fixture(free("a"));
  cache.reserve(free("a"), "rome-1");
  assert.equal(cache.isAssumed(free("a")), false);
  assert.equal(shown(cache.state()), "rome-1: a; rome-2:");
  cache.reserve(free("a"), "rome-2");
  assert.equal(shown(cache.state()), "rome-1:; rome-2: a");
  cache.forget(free("a"));
  assert.equal(shown(cache.state()), "rome-1:; rome-2:");
});

test("a binding that failed takes its pod back", () => {
  const { cache } = fixture(free("a"));
  cache.assume(free("a"), "rome-2");
  assert.equal(shown(cache.state()), "rome-1:; rome-2: a");
  cache.forget(free("a"));
  assert.equal(shown(cache.state()), "rome-1:; rome-2:");
});

test("pods that come, end and go change their node's state, and no other is made anew", () => {
  const { cache, podStore, put } = fixture(on("rome-2", "b"));
  const [, before] = cache.state().nodes;
  put(on("rome-1", "a"));
  assert.equal(shown(cache.state()), "rome-1: a; rome-2: b");
  assert.equal(cache.state().nodes[1], before);
  put(on("rome-1", "a", "Failed"));
  assert.equal(shown(cache.state()), "rome-1:; rome-2: b");
  podStore.remove({ namespace: "off", name: "b" });
  cache.podChanged(on("rome-2", "b"));
  assert.equal(shown(cache.state()), "rome-1:; rome-2:");
});

test("a node that changes is seen as it is now, and one that comes back without what it had", () => {
  const { cache, nodeStore } = fixture();
  cache.state();
  const grown = nodeNamed("rome-1", { status: { allocatable: { cpu: "8" } } });
  nodeStore.put(grown);
  cache.nodeChanged(grown);
  assert.equal(cache.state().nodes[0]?.allocatable.get("cpu"), 8_000n);
  nodeStore.remove({ name: "rome-1" });
  cache.nodeChanged(grown);
  assert.equal(shown(cache.state()), "rome-2:");
});
