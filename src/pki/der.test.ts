import assert from "node:assert/strict";
import { test } from "node:test";
import { derChildren, derElements } from "./der.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");

test("elements are told one after the other", () => {
  assert.deepEqual(derElements(bytes("0c01610500")), [
    { tag: 0x0c, content: bytes("61") },
    { tag: 0x05, content: bytes("") },
  ]);
  assert.deepEqual(derElements(bytes("")), []);
});

test("long lengths are read", () => {
  const [element] = derElements(Buffer.concat([bytes("04820100"), Buffer.alloc(256)]));
  assert.equal(element?.content.length, 256);
});

for (const [name, hex] of [
  ["a tag without a length", "30"],
  ["a length beyond the end", "3005"],
  ["a length cut short", "308201"],
  ["an indefinite length", "30800000"],
  ["a length longer than needed", "30810100"],
  ["a length with a leading zero", "3082008000"],
  ["a tag of several bytes", "1f8100"],
] as const) {
  test(`${name} is refused`, () => assert.throws(() => derElements(bytes(hex)), TypeError));
}

test("an element of another tag is refused", () => {
  assert.throws(() => derChildren({ tag: 0x31, content: bytes("") }, 0x30), /expected 48/);
  assert.throws(() => derChildren(undefined, 0x30), /found tag none/);
});
