import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "#machinery/schema/schema.ts";
import type { CustomResourceDefinition } from "./crd.ts";
import { validateCrd } from "./validate.ts";

const SPEC: Schema = { type: "object", properties: { size: { type: "integer" } } };

function definition(schema: object, more: object = {}): CustomResourceDefinition {
  return {
    metadata: { name: "widgets.example.org" },
    spec: {
      group: "example.org",
      scope: "Namespaced",
      names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema as Schema } }],
      ...more,
    },
    status: { storedVersions: ["v1"] },
  };
}

function errorsOf(crd: CustomResourceDefinition): string[] {
  return validateCrd(crd).map(({ field, message }) => `${field}: ${message}`);
}

test("rules may read what the schema has, and what it does not describe", () => {
  const rules = [
    "self.spec.size > 0",
    "has(self.spec) && self.metadata.name.startsWith('a')",
    "oldSelf.spec.size == self.spec.size",
    "self.labels.exists(l, l.key == 'x')",
    "self.open.anything == 1",
    "self.free['x'] == 'y'",
  ];
  const schema = {
    type: "object",
    "x-kubernetes-validations": rules.map((rule) => ({ rule })),
    properties: {
      spec: SPEC,
      labels: { type: "array", items: { type: "object", properties: { key: { type: "string" } } } },
      open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
      free: { type: "object", additionalProperties: { type: "string" } },
    },
  };
  assert.deepEqual(errorsOf(definition(schema)), []);
});

test("a rule that reads a field the schema lacks is refused where it stands", () => {
  const spec = { ...SPEC, "x-kubernetes-validations": [{ rule: "self.size > 0 && self.none == 1" }] };
  const shown =
    '{"Rule":"self.size > 0 && self.none == 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}';
  assert.deepEqual(errorsOf(definition({ type: "object", properties: { spec } })), [
    `spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: ${shown}: compilation failed: ERROR: <input>:1:22: undefined field 'none'\n | self.size > 0 && self.none == 1\n | .....................^`,
  ]);
});

test("a rule that is no CEL is refused", () => {
  const schema = { type: "object", "x-kubernetes-validations": [{ rule: "self.(" }] };
  assert.match(errorsOf(definition(schema))[0] ?? "", /compilation failed: ERROR: <input>:1:\d+: Syntax error: /);
});

test("schemas say the type of each part, in the version's place unless all versions have the same", () => {
  const bad = { type: "object", properties: { a: {}, b: { type: "array" } } };
  const at = "spec.validation.openAPIV3Schema";
  assert.deepEqual(errorsOf(definition(bad)), [
    `${at}.properties[a].type: Required value: must not be empty for specified object fields`,
    `${at}.properties[b].items: Required value: must be specified`,
  ]);
  const version = (name: string, storage: boolean, schema: object): object => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: schema },
  });
  const versions = [version("v1", true, { type: "object" }), version("v2", false, { type: "text" })];
  assert.deepEqual(errorsOf(definition({}, { versions })), [
    'spec.versions[1].schema.openAPIV3Schema.type: Invalid value: "text": must be object at the root',
    'spec.versions[1].schema.openAPIV3Schema.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
  ]);
});
