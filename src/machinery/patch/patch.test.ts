import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "../meta.ts";
import type { JsonObject, Schema } from "../schema/schema.ts";
import { applyObject } from "./apply.ts";
import { applyJsonPatch, JsonPatchError, parseJsonPatch } from "./json-patch.ts";
import { trackUpdate } from "./managed-fields.ts";
import { applyMergePatch } from "./merge-patch.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

const items: Schema = {
  type: "object",
  properties: { name: { type: "string" }, image: { type: "string" }, args: { type: "array" } },
};
const containers: Schema = {
  type: "array",
  items,
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name"],
  "x-kubernetes-patch-strategy": "merge",
  "x-kubernetes-patch-merge-key": "name",
};
const schema: Schema = {
  type: "object",
  properties: {
    metadata: {
      type: "object",
      properties: {
        labels: { type: "object", additionalProperties: { type: "string" } },
        finalizers: {
          type: "array",
          items: { type: "string" },
          "x-kubernetes-list-type": "set",
          "x-kubernetes-patch-strategy": "merge",
        },
      },
    },
    spec: {
      type: "object",
      properties: {
        replicas: { type: "integer" },
        containers,
        tolerations: { type: "array", items: { type: "object" }, "x-kubernetes-list-type": "atomic" },
        strategy: {
          type: "object",
          properties: { type: {}, rollingUpdate: {} },
          "x-kubernetes-patch-strategy": "retainKeys",
        },
      },
    },
  },
};

test("JSON patches do what RFC 6902 appendix A says", () => {
  const cases: [unknown, string, unknown][] = [
    [{ foo: "bar" }, '[{"op":"add","path":"/baz","value":"qux"}]', { foo: "bar", baz: "qux" }],
    [{ foo: ["bar", "baz"] }, '[{"op":"add","path":"/foo/1","value":"qux"}]', { foo: ["bar", "qux", "baz"] }],
    [{ foo: ["bar"] }, '[{"op":"add","path":"/foo/-","value":["abc"]}]', { foo: ["bar", ["abc"]] }],
    [{ baz: "qux", foo: "bar" }, '[{"op":"remove","path":"/baz"}]', { foo: "bar" }],
    [{ foo: ["a", "b"] }, '[{"op":"remove","path":"/foo/0"}]', { foo: ["b"] }],
    [
      { foo: { bar: 1 }, qux: {} },
      '[{"op":"move","from":"/foo/bar","path":"/qux/thud"}]',
      { foo: {}, qux: { thud: 1 } },
    ],
    [{ foo: [1, 2, 3] }, '[{"op":"move","from":"/foo/0","path":"/foo/2"}]', { foo: [2, 3, 1] }],
    [
      { "/": 9, "~1": 10 },
      '[{"op":"test","path":"/~01","value":10},{"op":"replace","path":"/~1","value":1}]',
      { "/": 1, "~1": 10 },
    ],
  ];
  for (const [document, patch, expected] of cases) {
    assert.deepEqual(applyJsonPatch(document, parseJsonPatch(patch)), expected, patch);
  }
});

test("JSON patches that can't be applied are refused", () => {
  for (const patch of [
    '[{"op":"test","path":"/a","value":2}]',
    '[{"op":"remove","path":"/b"}]',
    '[{"op":"replace","path":"/b","value":1}]',
    '[{"op":"add","path":"/b/c","value":1}]',
    '[{"op":"add","path":"/l/5","value":1}]',
    '[{"op":"spring","path":"/a"}]',
    '{"op":"add"}',
    "nonsense",
  ]) {
    assert.throws(() => applyJsonPatch({ a: 1, l: [] }, parseJsonPatch(patch)), JsonPatchError, patch);
  }
});

test("merge patches do what RFC 7386 appendix A says", () => {
  const cases: [unknown, unknown, unknown][] = [
    [{ a: "b" }, { a: null }, {}],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [["a"], { a: "c" }, { a: "c" }],
  ];
  for (const [target, patch, expected] of cases) assert.deepEqual(applyMergePatch(target, patch), expected);
});

test("strategic merge patches merge, order, replace and delete list items", () => {
  const live = (): JsonObject => ({
    metadata: { finalizers: ["a", "b"] },
    spec: {
      containers: [
        { name: "a", image: "1" },
        { name: "b", image: "2" },
      ],
      strategy: { type: "RollingUpdate", rollingUpdate: {} },
    },
  });
  const cases: [string, JsonObject, (result: JsonObject) => unknown, unknown][] = [
    ["merged by key, new ones first", { spec: { containers: [{ name: "c", image: "3" }] } }, names, ["c", "a", "b"]],
    ["deleted by directive", { spec: { containers: [{ name: "a", $patch: "delete" }] } }, names, ["b"]],
    ["replaced by directive", { spec: { containers: [{ name: "z" }, { $patch: "replace" }] } }, names, ["z"]],
    ["put in order", { spec: { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] } }, names, ["b", "a"]],
    ["added to a set", { metadata: { finalizers: ["c", "a"] } }, finalizers, ["c", "a", "b"]],
    ["taken from a set", { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } }, finalizers, ["b"]],
    [
      "retained keys",
      { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
      strategy,
      { type: "Recreate" },
    ],
    ["replaced map", { spec: { strategy: { $patch: "replace", type: "X" } } }, strategy, { type: "X" }],
  ];
  for (const [what, patch, read, expected] of cases) {
    assert.deepEqual(read(applyStrategicMergePatch(live(), patch, schema)), expected, what);
  }
});

interface Shape {
  metadata: { finalizers: string[] };
  spec: { containers: { name: string }[]; strategy: unknown };
}
const shape = (value: JsonObject): Shape => value as unknown as Shape;
const names = (value: JsonObject): string[] => shape(value).spec.containers.map(({ name }) => name);
const finalizers = (value: JsonObject): string[] => shape(value).metadata.finalizers;
const strategy = (value: JsonObject): unknown => shape(value).spec.strategy;

const writer = (manager: string) => ({ manager, apiVersion: "apps/v1", subresource: "", time: "2026-01-01T00:00:00Z" });

function apply(
  live: KubeObject | undefined,
  manager: string,
  applied: object,
  force = false,
): KubeObject & { spec: JsonObject } {
  return applyObject({ schema, live, applied: applied as KubeObject, force, writer: writer(manager) }) as KubeObject & {
    spec: JsonObject;
  };
}

test("what a manager no longer applies is removed, unless another one owns it", () => {
  const both = {
    spec: {
      containers: [
        { name: "a", image: "1" },
        { name: "b", image: "2" },
      ],
      replicas: 2,
    },
  };
  const first = apply(undefined, "one", both);
  const second = apply(first, "two", { spec: { containers: [{ name: "b", image: "2" }] } });
  const third = apply(second, "one", { spec: { replicas: 2 } });
  assert.deepEqual(third.spec, { containers: [{ name: "b", image: "2" }], replicas: 2 });
});

test("fields are recorded as Kubernetes writes them", () => {
  const applied = {
    metadata: { labels: { x: "y" } },
    spec: { containers: [{ name: "a", image: "1" }], tolerations: [{}], replicas: 1 },
  };
  assert.deepEqual(apply(undefined, "one", applied).metadata?.managedFields, [
    {
      manager: "one",
      operation: "Apply",
      apiVersion: "apps/v1",
      time: "2026-01-01T00:00:00Z",
      fieldsType: "FieldsV1",
      fieldsV1: {
        "f:metadata": { "f:labels": { "f:x": {} } },
        "f:spec": {
          "f:containers": { 'k:{"name":"a"}': { ".": {}, "f:image": {}, "f:name": {} } },
          "f:replicas": {},
          "f:tolerations": {},
        },
      },
    },
  ]);
});

test("an update takes ownership of what it changes, and an apply then conflicts on it", () => {
  const live = apply(undefined, "one", { spec: { replicas: 1, containers: [{ name: "a", image: "1" }] } });
  const changed = structuredClone(live);
  changed.spec.replicas = 3;
  changed.metadata = { managedFields: trackUpdate(schema, live, changed, writer("kubectl-scale")) };
  const again = { spec: { replicas: 1, containers: [{ name: "a", image: "1" }] } };
  assert.throws(() => apply(changed, "one", again), {
    message: 'Apply failed with 1 conflict: conflict with "kubectl-scale" using apps/v1: .spec.replicas',
  });
  assert.equal(apply(changed, "one", again, true).spec.replicas, 1);
});

test("several conflicts are listed by manager", () => {
  const live = apply(undefined, "one", { spec: { replicas: 1, containers: [{ name: "a", image: "1" }] } });
  assert.throws(() => apply(live, "two", { spec: { replicas: 2, containers: [{ name: "a", image: "2" }] } }), {
    message:
      'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.containers[name="a"].image\n- .spec.replicas',
  });
});
