import assert from "node:assert/strict";
import { test } from "node:test";
import { contains } from "./contains.ts";

for (const [name, expected, actual, wanted] of [
  ["the same is contained", true, { a: [1, { b: "x" }] }, { a: [1, { b: "x" }] }],
  ["what the server added does not matter", true, { a: 1, counter: true }, { a: 1 }],
  ["nor below a list's items", true, [{ a: 1, default: "x" }], [{ a: 1 }]],
  ["another value differs", false, { a: 1 }, { a: 2 }],
  ["a missing field differs", false, {}, { a: 1 }],
  ["a longer list differs", false, [1, 2], [1]],
  ["a shorter one, too", false, [1], [1, 2]],
  ["and another order", false, [2, 1], [1, 2]],
  ["an object is no list", false, { 0: 1 }, [1]],
  ["a field wanted undefined is not wanted", true, {}, { a: undefined }],
  ["an empty object is what the server leaves out", true, {}, { strategy: {} }],
  ["and so is an empty list", true, {}, { args: [] }],
  ["which one that is not empty does not contain", false, { args: ["x"] }, { args: [] }],
  ["nor does null", false, { args: null }, { args: [] }],
  ["null is a value", false, { a: 1 }, { a: null }],
] as const) {
  test(`contains: ${name}`, () => {
    assert.equal(contains(actual, wanted), expected);
  });
}
