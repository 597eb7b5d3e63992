import assert from "node:assert/strict";
import { test } from "node:test";
import { applyDefaults } from "./defaults.ts";
import { findDuplicateFields } from "./duplicate-fields.ts";
import { findConversionError, findTypeError } from "./go-types.ts";
import { decodeEnvelope, decodeMessage } from "./protobuf.ts";
import { dropNulls, prune } from "./prune.ts";
import { RuleChecker } from "./rules.ts";
import type { Schema } from "./schema.ts";
import { validateSchema } from "./validate.ts";

test("duplicate fields are found at any depth, each once", () => {
  const cases: [string, string[]][] = [
    ['{"a":1,"b":{"a":1}}', []],
    ['{"a":1, "a" :2,"a":3}', ["a"]],
    ['{"spec":{"ports":[{"port":1},{"port":1,"port":2}]}}', ["spec.ports[1].port"]],
    ['{"a\\"b":"}","a\\"b":[{}, [] , 1.5e3,null]}', ['a"b']],
  ];
  for (const [text, expected] of cases) assert.deepEqual(findDuplicateFields(text), expected, text);
});

test("a value of the wrong type is named as Go names it", () => {
  const spec: Schema = {
    type: "object",
    goType: "ThingSpec",
    properties: {
      count: { type: "integer", format: "int32" },
      names: { type: "array", items: { type: "string" } },
      labels: { type: "object", additionalProperties: { type: "string" } },
      port: { "x-kubernetes-int-or-string": true },
      limit: { type: "string", format: "quantity" },
    },
  };
  const schema: Schema = { type: "object", goType: "Thing", properties: { spec } };
  const cases: [unknown, string | undefined][] = [
    [{ spec: { count: 1, names: ["a"], labels: { a: "b" }, port: "http", limit: 2 } }, undefined],
    [{ spec: { count: "1" } }, "json: cannot unmarshal string into Go struct field ThingSpec.spec.count of type int32"],
    [
      { spec: { count: 1.5 } },
      "json: cannot unmarshal number 1.5 into Go struct field ThingSpec.spec.count of type int32",
    ],
    [
      { spec: { names: {} } },
      "json: cannot unmarshal object into Go struct field ThingSpec.spec.names of type []string",
    ],
    [
      { spec: { labels: { a: 1 } } },
      "json: cannot unmarshal number into Go struct field ThingSpec.spec.labels of type string",
    ],
    [{ spec: [] }, "json: cannot unmarshal array into Go struct field Thing.spec of type v1.ThingSpec"],
    [
      { spec: { limit: "lots" } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ];
  for (const [value, expected] of cases) assert.equal(findTypeError(value, schema), expected);
  const conversions: [unknown, string | undefined][] = [
    [{ count: 1 }, undefined],
    [{ count: "1" }, "unrecognized type: int32"],
    [{ count: 1.5 }, "cannot convert float64 to int32"],
    [{ labels: { a: 1 } }, "cannot convert int64 to string"],
    [{ labels: { a: true } }, "unrecognized type: string"],
    [{ names: "a" }, "cannot restore slice from string"],
  ];
  for (const [value, expected] of conversions) assert.equal(findConversionError({ spec: value }, schema), expected);
});

test("pruning keeps what the schema leaves open", () => {
  const schema: Schema = {
    type: "object",
    properties: {
      list: { type: "array", items: { type: "object", properties: { a: {} } } },
      open: {
        type: "object",
        "x-kubernetes-preserve-unknown-fields": true,
        properties: { in: { type: "object", properties: {} } },
      },
      embedded: { type: "object", "x-kubernetes-embedded-resource": true, properties: {} },
    },
  };
  const value = {
    kind: "Thing",
    list: [{ a: 1, b: 1 }],
    open: { x: 1, in: { y: 1 } },
    embedded: { kind: "Pod", z: 1 },
  };
  assert.deepEqual(prune(value, schema), ["list[0].b", "open.in.y", "embedded.z"]);
  assert.deepEqual(value, { kind: "Thing", list: [{ a: 1 }], open: { x: 1, in: {} }, embedded: { kind: "Pod" } });
});

test("nulls of built-in fields vanish and numbers become quantities", () => {
  const schema: Schema = {
    type: "object",
    properties: { a: { type: "string" }, q: { type: "string", format: "quantity" }, raw: {} },
  };
  const value = { a: null, q: 2, raw: { keep: null } };
  dropNulls(value, schema);
  assert.deepEqual(value, { q: "2", raw: { keep: null } });
});

test("defaults fill absent fields inside what is there", () => {
  const schema: Schema = {
    type: "object",
    properties: {
      a: { type: "object", default: {}, properties: { b: { type: "integer", default: 3 } } },
      c: { type: "object", properties: { d: { default: 1 } } },
    },
  };
  const value = {};
  applyDefaults(value, schema);
  assert.deepEqual(value, { a: { b: 3 } });
});

test("schema violations are worded as by Kubernetes", () => {
  const cases: [unknown, Schema, string[]][] = [
    ["ab", { type: "string", pattern: "^a$" }, ["x in body should match '^a$'"]],
    ["", { type: "string", minLength: 1 }, ["x in body should be at least 1 chars long"]],
    ["nonsense", { type: "string", format: "ipv4" }, ['x in body must be of type ipv4: "nonsense"']],
    ["", { type: "string", format: "byte" }, ['x in body must be of type byte: ""']],
    ["abc", { type: "string", format: "byte" }, ['x in body must be of type byte: "abc"']],
    ["YWJj", { type: "string", format: "byte" }, []],
    ["YWI=", { type: "string", format: "byte" }, []],
    [[1, 1], { type: "array", items: { type: "integer" }, "x-kubernetes-list-type": "set" }, ["Duplicate value: 1"]],
    [[1, 2], { type: "array", maxItems: 1 }, ["Too many: 2: must have at most 1 item"]],
    [null, { type: "string" }, ['x in body must be of type string: "null"']],
    [null, { type: "string", nullable: true }, []],
    [1, { anyOf: [{ type: "string" }] }, ["x in body must validate at least one schema (anyOf)"]],
  ];
  for (const [value, schema, expected] of cases) {
    const messages = validateSchema(value, schema, "x").map(({ message }) =>
      message.replace(/^Invalid value: .*?: (?=x in)/, ""),
    );
    assert.deepEqual(messages, expected);
  }
});

test("rules see integers, items with their old counterparts, and fail with their message", () => {
  const schema: Schema = {
    type: "object",
    properties: {
      ports: {
        type: "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        items: {
          type: "object",
          properties: {
            name: { type: "string" },
            port: {
              type: "integer",
              "x-kubernetes-validations": [{ rule: "self >= oldSelf", message: "may not shrink" }],
            },
          },
        },
        "x-kubernetes-validations": [
          {
            rule: "self.all(p, self.filter(q, q.port == p.port).size() == 1)",
            messageExpression: "'ports: ' + string(self.size())",
          },
        ],
      },
    },
  };
  const rules = new RuleChecker(schema);
  const old = { ports: [{ name: "a", port: 5 }] };
  assert.deepEqual(
    rules.check(
      {
        ports: [
          { name: "b", port: 1 },
          { name: "a", port: 6 },
        ],
      },
      old,
    ),
    [],
  );
  assert.deepEqual(
    rules.check(
      {
        ports: [
          { name: "b", port: 1 },
          { name: "a", port: 4 },
        ],
      },
      old,
    ),
    [{ reason: "FieldValueInvalid", field: "ports[1].port", message: 'Invalid value: "integer": may not shrink' }],
  );
  const [error] = rules.check(
    {
      ports: [
        { name: "a", port: 5 },
        { name: "b", port: 5 },
      ],
    },
    undefined,
  );
  assert.equal(error?.message, 'Invalid value: "array": ports: 2');
});

test("protobuf is decoded by field number, and truncated messages are refused", () => {
  const schema: Schema = {
    type: "object",
    properties: {
      name: { type: "string" },
      replicas: { type: "integer" },
      data: { type: "object", additionalProperties: { type: "string" } },
    },
    wire: { 1: { name: "name" }, 2: { name: "replicas", pointer: true }, 3: { name: "data" } },
  };
  const message = Buffer.from([0x0a, 1, 0x61, 0x10, 0, 0x1a, 6, 0x0a, 1, 0x6b, 0x12, 1, 0x76]);
  assert.deepEqual(decodeMessage(message, schema), { name: "a", replicas: 0, data: { k: "v" } });
  const whole = [0, 3, 5, message.length];
  for (let length = 0; length <= message.length; length++) {
    const part = message.subarray(0, length);
    if (whole.includes(length)) decodeMessage(part, schema);
    else assert.throws(() => decodeMessage(part, schema), RangeError, `first ${length} bytes`);
  }
  assert.throws(() => decodeEnvelope(Buffer.from("{}")), /does not appear to be a protobuf message/);
});
