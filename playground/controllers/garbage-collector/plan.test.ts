import assert from "node:assert/strict";
import { test } from "node:test";
import { configMaps } from "#machinery/builtin.ts";
import type { ObjectMeta, OwnerReference } from "#machinery/meta.ts";
import { type GraphNode, OwnerGraph } from "./graph.ts";
import { type OwnerState, planEnding, planOwned, stateOfKnown } from "./plan.ts";

const owner = (uid: string, blockOwnerDeletion = false): OwnerReference => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name: uid,
  uid,
  blockOwnerDeletion,
});
const node = (uid: string, metadata: ObjectMeta = {}): GraphNode => ({ uid, resource: configMaps, metadata });
const DELETED = "2026-01-01T00:00:00Z";
const two = node("a", { ownerReferences: [owner("x"), owner("y")] });
const child = node("child", { ownerReferences: [owner("a", true)] });

for (const [name, of, states, dependents, expected] of [
  ["of nobody", node("a"), [], [], { do: "nothing" }],
  ["whose owners are there", two, ["present", "present"], [], { do: "nothing" }],
  ["of which one owner is gone", two, ["absent", "present"], [], { do: "disown", kept: [owner("y")] }],
  ["whose owners are gone", two, ["absent", "absent"], [], { do: "delete", propagationPolicy: "Background" }],
  ["one of whose owners nobody knows", two, ["absent", "unknown"], [], { do: "wait" }],
  ["that an owner waits for", two, ["deleting", "absent"], [], { do: "delete", propagationPolicy: "Background" }],
  [
    "that an owner waits for, with dependents",
    two,
    ["deleting", "absent"],
    [child],
    { do: "delete", propagationPolicy: "Foreground" },
  ],
  ["that an owner waits for, while another is there", two, ["deleting", "present"], [], { do: "nothing" }],
] as [string, GraphNode, OwnerState[], GraphNode[], object][]) {
  test(`an object ${name}`, () => assert.deepEqual(planOwned(of, states, dependents), expected));
}

const orphaning = node("a", { deletionTimestamp: DELETED, finalizers: ["orphan"] });
const foreground = node("a", { deletionTimestamp: DELETED, finalizers: ["foregroundDeletion"] });
const free = node("free", { ownerReferences: [owner("a")] });
const leaving = node("leaving", { ...child.metadata, deletionTimestamp: DELETED });

for (const [name, of, dependents, expected] of [
  ["as usual", node("a", { deletionTimestamp: DELETED, finalizers: ["example.com/mine"] }), [child], { do: "nothing" }],
  ["without its dependents", orphaning, [child], { do: "orphan", dependents: [child] }],
  ["after its dependents", foreground, [child, free], { do: "delete", dependents: [child, free] }],
  ["after dependents that are leaving", foreground, [leaving], { do: "delete", dependents: [] }],
  ["after none that it has to wait for", foreground, [free], { do: "release" }],
  ["after none", foreground, [], { do: "release" }],
] as [string, GraphNode, GraphNode[], object][]) {
  test(`an object that is deleted ${name}`, () => assert.deepEqual(planEnding(of, dependents), expected));
}

test("an owner is deleting only when it waits for its dependents", () => {
  assert.equal(stateOfKnown(node("a")), "present");
  assert.equal(stateOfKnown(foreground), "deleting");
  assert.equal(stateOfKnown(orphaning), "present");
  assert.equal(stateOfKnown(node("a", { finalizers: ["foregroundDeletion"] })), "present");
});

test("the graph follows owners that come, change and go", () => {
  const graph = new OwnerGraph();
  const put = (uid: string, ...owners: string[]) =>
    graph.put(configMaps, { metadata: { uid, ownerReferences: owners.map((each) => owner(each)) } });
  const dependents = (uid: string): string[] => graph.dependentsOf(uid).map((each) => each.uid);
  put("b", "a");
  put("c", "a", "b");
  assert.deepEqual([dependents("a"), dependents("b")], [["b", "c"], ["c"]]);
  put("c", "b");
  assert.deepEqual([dependents("a"), dependents("b")], [["b"], ["c"]]);
  graph.remove("c");
  assert.deepEqual([dependents("b"), graph.get("c")], [[], undefined]);
  assert.equal(graph.put(configMaps, {}), undefined);
});
