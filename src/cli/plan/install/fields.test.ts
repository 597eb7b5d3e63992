import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { fieldChanges, tellFields } from "./fields.ts";

const spec = (value: unknown): UnstructuredObject => ({ kind: "Kind", metadata: { name: "a" }, spec: value });

for (const [what, before, after, live, expected] of [
  ["the same", { a: 1 }, { a: 1 }, { a: 1 }, []],
  ["another number", { a: 1 }, { a: 2 }, { a: 1 }, ["spec.a"]],
  ["there already", { a: 1 }, { a: 2 }, { a: 2 }, []],
  ["somebody else's is put back", { a: 1 }, { a: 1 }, { a: 3 }, ["spec.a"]],
  ["a field more", {}, { a: { b: 1 } }, {}, ["spec.a.b"]],
  ["a field less", { a: 1, b: 2 }, { a: 1 }, { a: 1, b: 2 }, ["spec.b"]],
  ["a field less, which is gone already", { a: 1, b: 2 }, { a: 1 }, { a: 1 }, []],
  ["defaults of the server", { a: 1 }, { a: 1 }, { a: 1, b: "default" }, []],
  ["what says nothing is left out by servers", { a: false }, { a: false }, {}, []],
  ["an empty list", { a: [] }, { a: [] }, {}, []],
  ["null says nothing", {}, { a: null }, {}, []],
  ["a quantity in other words", { cpu: "0.5" }, { cpu: "0.5" }, { cpu: "500m" }, []],
  ["a number as a quantity", { cpu: 1 }, { cpu: 1 }, { cpu: "1" }, []],
  ["another quantity", { cpu: "1" }, { cpu: "2" }, { cpu: "1" }, ["spec.cpu"]],
  ["texts that are no quantities", { a: "1x" }, { a: "1y" }, { a: "1x" }, ["spec.a"]],
  ["a list of texts", { a: ["x"] }, { a: ["x", "y"] }, { a: ["x"] }, ["spec.a"]],
  ["rules that lose a field", { a: [{ b: 1, c: 2 }] }, { a: [{ b: 1 }] }, { a: [{ b: 1, c: 2 }] }, ["spec.a"]],
  ["ports with defaults", { a: [{ port: 1 }] }, { a: [{ port: 1 }] }, { a: [{ port: 1, protocol: "TCP" }] }, []],
  [
    "items by name",
    { c: [{ name: "x", image: "1" }] },
    { c: [{ name: "x", image: "2" }, { name: "y" }] },
    { c: [{ name: "x", image: "1" }] },
    ["spec.c[x].image", "spec.c[y]"],
  ],
  [
    "an item less",
    { c: [{ name: "x" }, { name: "y" }] },
    { c: [{ name: "x" }] },
    { c: [{ name: "y" }, { name: "x" }] },
    ["spec.c[y]"],
  ],
  [
    "somebody else's item stays",
    { c: [{ name: "x" }] },
    { c: [{ name: "x" }] },
    { c: [{ name: "x" }, { name: "z" }] },
    [],
  ],
] as const)
  test(`fields that change: ${what}`, () => {
    const found = fieldChanges({ before: spec(before), after: spec(after), live: spec(live) });
    assert.deepEqual(
      found.map(({ path }) => path),
      expected,
    );
  });

test("the status is nobody's who applies, and keys of labels are set apart", () => {
  const after = { metadata: { labels: { "app.kubernetes.io/version": "v2" } }, status: { a: 2 } };
  const live = { metadata: { labels: { "app.kubernetes.io/version": "v1" } }, status: { a: 1 } };
  assert.deepEqual(
    fieldChanges({ live, after, before: live }).map(({ path }) => path),
    ["metadata.labels[app.kubernetes.io/version]"],
  );
});

for (const [path, from, to, told] of [
  ["spec.replicas", 1, 2, "spec.replicas 1 → 2"],
  ["spec.on", false, true, "spec.on false → true"],
  ["spec.containers[c].image", "a:1", "a:2", "spec.containers[c].image a:1 → a:2"],
  ["spec.args", ["--token=old"], ["--token=new"], "spec.args"],
  ["spec.password", "old", "new", "spec.password"],
  ["data.image", "old", "new", "data.image"],
  ["data.pin", 1234, 5678, "data.pin"],
  ["spec.password", "old", undefined, "spec.password goes"],
] as const)
  test(`${path} is told without what may be a secret`, () => assert.equal(tellFields([{ path, from, to }]), told));

test("of many fields the first are told, and how many more there are", () => {
  const changes = Array.from({ length: 8 }, (_, i) => ({ path: `spec.f${i}`, from: "a", to: "b" }));
  assert.equal(tellFields(changes), "spec.f0, spec.f1, spec.f2, spec.f3, spec.f4, 3 more");
});

test("labels that change with each version are told as one, and last", () => {
  const label = (key: string) => ({ path: `metadata.labels[${key}]`, from: "1", to: "2" });
  const versions = [label("app.kubernetes.io/version"), label("helm.sh/chart")];
  assert.equal(tellFields(versions), "labels of the version");
  assert.equal(tellFields([...versions, label("a/b")]), "metadata.labels[a/b], labels of the version");
});
