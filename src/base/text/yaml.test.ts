import assert from "node:assert/strict";
import { test } from "node:test";
import { constantFrom, jsonValue, oneof, string } from "fast-check";
import { stringify } from "yaml";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { parseYaml, YamlError } from "./yaml.ts";

const isRefusal = (error: unknown): boolean => error instanceof YamlError;

for (const [name, text, value] of [
  ["nothing", "", null],
  ["a comment", "# nothing\n", null],
  ["scalars of version 1.1", "[yes, 0x10, 010, 1_000, ~, 1.5, '1']", [true, 16, 8, 1000, null, 1.5, "1"]],
  ["times and numbers of base 60 as texts", "[2026-01-02, 12:30:00]", ["2026-01-02", "12:30:00"]],
  ["keys that are no texts", "{1: a, true: b, 0x10: c}", { 1: "a", true: "b", 16: "c" }],
  ["anchors", "a: &x {b: 1}\nc: *x\nd: *x\n", { a: { b: 1 }, c: { b: 1 }, d: { b: 1 } }],
  ["an anchor set again", "- &a 1\n- &b [*a]\n- &a 2\n- *b\n- *a\n", [1, [1], 2, [1], 2]],
  ["a key that is an alias", "- &k name\n- {*k : 1}\n", ["name", { name: 1 }]],
  [
    "merged maps, where what is said beside them counts",
    "a: &a {p: 1, q: 1}\nb: &b {q: 2, r: 2}\nc: {q: 3, <<: [*a, *b]}\nd:\n  <<: *a\n",
    { a: { p: 1, q: 1 }, b: { q: 2, r: 2 }, c: { q: 3, p: 1, r: 2 }, d: { p: 1, q: 1 } },
  ],
  ["a set as Go reads it", "!!set {a, b}", { a: null, b: null }],
] as const) {
  test(`${name} can be read`, () => assert.deepEqual(parseYaml(text), value));
}

for (const [text, message] of [
  ["a: 1\na: 2", /key "a" already set in map/],
  ["{? [a] : b}", /invalid map key/],
  ["{~ : b}", /invalid map key/],
  ["a: *x", /unknown anchor 'x' referenced|Aliased anchor not found/],
  ["a: &x [*x]", /anchor 'x' value contains itself/],
  ["<<: 1", /map merge requires map or sequence of maps/],
  ["a: .inf", /unsupported value: Infinity/],
  ["!!binary QQ==", /unsupported tag/],
  ["a\n---\nb", /more than one document/],
  ["[".repeat(1000), /exceeded max depth/],
  ["- ".repeat(1000), /exceeded max depth/],
  ["? ".repeat(1000), /exceeded max depth/],
  [aliasBomb(), /document contains excessive aliasing/],
] as const) {
  test(`${JSON.stringify(text.slice(0, 20))} is refused: ${message.source}`, () => {
    assert.throws(() => parseYaml(text), { name: "YamlError", message });
  });
}

test("a key given twice can be tolerated: the last counts, and its line is told", () => {
  const seen: string[] = [];
  const onDuplicate = (key: string, line: number): void => void seen.push(`${key} in line ${line}`);
  assert.deepEqual(parseYaml("a: 1\nb: 2\na: 3\n", { onDuplicate }), { a: 3, b: 2 });
  assert.deepEqual(seen, ["a in line 3"]);
});

test("what is written can be read", () => {
  const write = (value: unknown): string => stringify(value, { version: "1.1" });
  forAll(jsonValue({ maxDepth: 4 }), (value) => {
    const plain: unknown = JSON.parse(JSON.stringify(value));
    assert.deepEqual(parseYaml(write(plain)), plain);
  });
});

test("whatever else is a YamlError", () => {
  const signs = string({
    unit: constantFrom(..."{}[]:-?,&*!|>'\"%@`#a1 \n\t.<~\\", "<<", "---", "\n  ", ": ", "&a ", "*a", "!!"),
    maxLength: 30,
  });
  forAll(oneof({ arbitrary: signs, weight: 4 }, string()), (text) => parseOrRefuse(parseYaml, text, isRefusal), 600);
});

test("a definition of a megabyte is within the bounds", () => {
  const field = (i: number): string =>
    `          field${i}:\n            description: what the field is for, in a sentence or two\n            type: string\n`;
  const text = `spec:\n  schema:\n    properties:\n      spec:\n        properties:\n${Array.from({ length: 11_000 }, (_, i) => field(i)).join("")}`;
  assert.ok(text.length > 1_000_000);
  // Half a second, four times that while coverage counts; quadratic it would be minutes.
  const value = takesAtMost(10_000, () => parseYaml(text)) as { spec: object };
  assert.ok("schema" in value.spec);
});

const N = 6_000;
for (const [name, text] of Object.entries({
  "keys of a block": numbered((i) => `k${i}: v\n`),
  "keys of a flow map": `{${numbered((i) => `k${i}: v,`)}}`,
  "items of a flow list": `[${"a,".repeat(N)}a]`,
  "items on lines of their own": `[${"a,\n".repeat(N)}a]`,
  "same keys": "a: b\n".repeat(N),
  "anchors each with an alias": numbered((i) => `- &a${i} x\n- *a${i}\n`),
  aliases: `- &a x\n${"- *a\n".repeat(N)}`,
  merges: `a: &a {b: c}\nd:\n${"  <<: *a\n".repeat(N)}`,
  "complex keys": "? ".repeat(N),
  "complex keys below the bound": `${"? ".repeat(200)}a`,
  "ordered maps": `!!omap [${numbered((i) => `k${i}: v,`)}]`,
  "sets of keys": `!!set {${numbered((i) => `k${i},`)}}`,
  tags: "!a ".repeat(N),
  errors: `[${"@ x,".repeat(N)}]`,
  commas: `[${",".repeat(N)}]`,
  documents: "a: b\n---\n".repeat(N),
  directives: "%YAML 1.1\n".repeat(N),
  comments: "# c\n".repeat(N),
  blanks: `a:${" ".repeat(N * 20)}b`,
  "lines of a text": `a: >\n${"  x\n".repeat(N * 5)}`,
  escapes: `a: "${"\\n".repeat(N * 5)}"`,
  digits: "9".repeat(N * 20),
  tokens: "- a\n".repeat(N * 10),
})) {
  test(`very many ${name} cost no more than their length`, () => {
    takesAtMost(2_000, () =>
      parseOrRefuse((value) => parseYaml(value, { onDuplicate: () => undefined }), text, isRefusal),
    );
  });
}

function numbered(line: (i: number) => string): string {
  return Array.from({ length: N }, (_, i) => line(i)).join("");
}

function aliasBomb(): string {
  const names = [..."bcdefghij"];
  const level = (name: string, i: number): string => `${name}: &${name} [${`*${"abcdefghij"[i]},`.repeat(9)}]\n`;
  return `a: &a [x,x,x,x,x,x,x,x,x]\n${names.map(level).join("")}`;
}
