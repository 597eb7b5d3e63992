import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, type JsonValue, jsonValue, oneof, record, string, tuple } from "fast-check";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { applyJsonPatch, JsonPatchError, parseJsonPatch } from "./json-patch.ts";
import { applyMergePatch } from "./merge-patch.ts";

const isRefusal = (error: unknown): boolean => error instanceof JsonPatchError;
const path = oneof(
  string({ unit: constantFrom(..."/~01ab-", "__proto__", "constructor") }),
  constantFrom("", "/", "/a", "/a/0", "/a/-", "/__proto__/x", "/constructor/prototype/x"),
);
const op = constantFrom("add", "remove", "replace", "move", "copy", "test");
const operations = array(record({ op, path, from: path, value: jsonValue({ maxDepth: 2 }) }), { maxLength: 5 });

test("whatever the text, it is a JSON patch or is refused as one", () => {
  const texts = oneof(
    string(),
    jsonValue().map((value) => JSON.stringify(value)),
  );
  forAll(texts, (text) => parseOrRefuse(parseJsonPatch, text, isRefusal));
});

test("whatever the operations, they can be applied or are refused, and nothing but the document changes", () => {
  forAll(
    tuple(jsonValue({ maxDepth: 3 }), operations),
    ([document, patch]) => {
      const parsed = parseJsonPatch(JSON.stringify(patch));
      parseOrRefuse((value: JsonValue) => applyJsonPatch(structuredClone(value), parsed), document, isRefusal);
      assert.equal(Reflect.get({}, "x"), undefined);
    },
    400,
  );
});

test("a merge patch leaves what it says, and nothing but the document changes", () => {
  forAll(tuple(jsonValue({ maxDepth: 3 }), jsonValue({ maxDepth: 3 })), ([document, patch]) => {
    const merged = applyMergePatch(structuredClone(document), structuredClone(patch));
    // To merge it once more changes nothing. RFC 7386 §3
    assert.deepEqual(applyMergePatch(structuredClone(merged), structuredClone(patch)), merged);
  });
  const attack: unknown = JSON.parse('{"__proto__":{"x":1},"a":{"constructor":{"prototype":{"x":1}}}}');
  applyMergePatch({ a: {} }, attack);
  assert.equal(Reflect.get({}, "x"), undefined);
});

test("ten thousand operations and a pointer of 100,000 parts cost no more than their length", () => {
  const many = Array.from({ length: 10_000 }, (_, i) => ({ op: "add", path: `/a/${i}`, value: i }));
  takesAtMost(1_000, () => applyJsonPatch({ a: {} }, parseJsonPatch(JSON.stringify(many))));
  const long = [{ op: "add", path: "/a".repeat(100_000), value: 1 }];
  takesAtMost(1_000, () =>
    parseOrRefuse((patch) => applyJsonPatch({}, patch), parseJsonPatch(JSON.stringify(long)), isRefusal),
  );
});
