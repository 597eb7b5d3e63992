/** The form that objects are stored in: empty fields, order of keys, bytes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "#machinery/schema/schema.ts";
import { findBase64Error } from "./byte-fields.ts";
import { dropEmptyLists, fillEmpty, withoutEmpty } from "./empty-fields.ts";
import { sortAllKeys, sortMapKeys } from "./key-order.ts";

const INNER: Schema = { type: "object", properties: { name: { type: "string" } }, wire: { 1: { name: "name" } } };
const SCHEMA: Schema = {
  type: "object",
  properties: {
    plain: INNER,
    pointer: INNER,
    list: { type: "array", items: { type: "object", properties: { inner: INNER }, wire: { 1: { name: "inner" } } } },
    labels: { type: "object", additionalProperties: { type: "string" } },
    bytes: { type: "object", additionalProperties: { type: "string", format: "byte" } },
  },
  wire: { 1: { name: "plain" }, 2: { name: "pointer", pointer: true }, 3: { name: "list" }, 4: { name: "labels" } },
};

test("structs that are no pointers are there even when empty, in lists too", () => {
  const object = { list: [{}] };
  fillEmpty(object, SCHEMA, { rules: null, status: { replicas: 0 } });
  assert.deepEqual(object, { list: [{ inner: {} }], plain: {}, rules: null, status: { replicas: 0 } });
});

test("what is set stays, and can be told from what was filled", () => {
  const empty = { rules: null, status: { replicas: 0, phase: "" } };
  const object = { status: { replicas: 2 }, kept: 1 };
  fillEmpty(object, undefined, empty);
  assert.deepEqual(object, { status: { replicas: 2, phase: "" }, kept: 1, rules: null });
  assert.deepEqual(withoutEmpty(object, empty), { status: { replicas: 2 }, kept: 1 });
});

test("an empty list becomes null where none is written as null", () => {
  const object = { rules: [], other: [] };
  dropEmptyLists(object, { rules: null });
  assert.deepEqual(object, { rules: null, other: [] });
});

test("keys of maps are sorted, those of structs are not", () => {
  const object = { plain: {}, labels: { b: "1", a: "2" }, list: [] };
  sortMapKeys(object, SCHEMA);
  assert.equal(JSON.stringify(object), '{"plain":{},"labels":{"a":"2","b":"1"},"list":[]}');
});

test("of a custom resource all keys are sorted", () => {
  const object = { spec: { b: [{ d: 1, c: 2 }], a: 1 }, kind: "X" };
  sortAllKeys(object);
  assert.equal(JSON.stringify(object), '{"kind":"X","spec":{"a":1,"b":[{"c":2,"d":1}]}}');
});

test("bytes that are no base64 are found by their first wrong place", () => {
  const cases: [string, number | undefined][] = [
    ["AAE=", undefined],
    ["AA==", undefined],
    ["AAEC", undefined],
    ["AA\nEC\n", undefined],
    ["", undefined],
    ["%%", 0],
    ["AA%C", 2],
    ["A===", 1],
    ["AAE", 0],
    ["AA=A", 3],
    ["AAE=A", 4],
  ];
  for (const [text, at] of cases) {
    const expected = at === undefined ? undefined : `illegal base64 data at input byte ${at}`;
    assert.equal(findBase64Error({ bytes: { k: text } }, SCHEMA), expected, text);
  }
});
