import assert from "node:assert/strict";
import { test } from "node:test";
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import type { Schema } from "#machinery/schema/schema.ts";
import { crdChange, immutableFields } from "./crds.ts";

const text: Schema = { type: "string" };
const fields = (properties: Schema["properties"]): Schema => ({ type: "object", properties: { ...properties } });
const both = fields({ spec: fields({ a: text, b: text }) });
const OURS = ["liqoctl"];
const onlyA = fields({ spec: fields({ a: text }) });

/** `managers`: who has applied it; none: as the chart has it. */
function crd(versions: Readonly<Record<string, Schema>>, managers: readonly string[] = []): CustomResourceDefinition {
  const managed = managers.map((manager) => ({ manager, fieldsV1: { "f:spec": {} } }));
  return {
    metadata: { name: "things.liqo.io", ...(managed.length > 0 && { managedFields: managed }) },
    spec: {
      group: "liqo.io",
      names: { kind: "Thing", plural: "things" },
      scope: "Namespaced",
      versions: Object.entries(versions).map(([name, openAPIV3Schema]) => ({
        ...{ name, served: true, storage: true },
        schema: { openAPIV3Schema },
      })),
    },
  } as unknown as CustomResourceDefinition;
}

for (const [what, live, after, told, gone] of [
  ["nothing", crd({ v1: both }, OURS), crd({ v1: both }), [], []],
  ["a field comes", crd({ v1: onlyA }, OURS), crd({ v1: both }), ["v1 spec.b comes"], []],
  ["a field goes", crd({ v1: both }, OURS), crd({ v1: onlyA }), ["v1 spec.b goes"], ["v1 spec.b"]],
  ["what somebody else has applied stays", crd({ v1: both }, ["liqoctl", "kubectl"]), crd({ v1: onlyA }), [], []],
  [
    "a field that holds others",
    crd({ v1: fields({}) }, OURS),
    crd({ v1: fields({ spec: fields({ a: { type: "array", items: onlyA } }) }) }),
    ["v1 spec comes"],
    [],
  ],
  ["a version with its fields", crd({ v1: onlyA }, OURS), crd({ v1: onlyA, v2: both }), ["v2 comes"], []],
  ["a version comes", crd({ v1: fields({}) }, OURS), crd({ v1: fields({}), v2: fields({}) }), ["v2 comes"], []],
  ["a version goes", crd({ v1: fields({}), v2: fields({}) }, OURS), crd({ v2: fields({}) }), ["v1 goes"], ["v1"]],
  [
    "a description",
    crd({ v1: fields({ a: text }) }, OURS),
    crd({ v1: fields({ a: { ...text, description: "new" } }) }),
    ["how fields are checked or described"],
    [],
  ],
] as const)
  test(`a CRD that changes: ${what}`, () => assert.deepEqual(crdChange(live, after), { fields: told, gone }));

test("fields that nobody may change are read off the CRD", () => {
  const fixed: Schema = { ...text, "x-kubernetes-validations": [{ rule: "self == oldSelf" }] };
  assert.deepEqual(immutableFields(crd({ v1: fields({ spec: fields({ cidr: fixed, other: text }) }) })), ["spec.cidr"]);
});
