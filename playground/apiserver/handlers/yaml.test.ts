import assert from "node:assert/strict";
import { test } from "node:test";
import { formatYaml, parseYaml } from "./yaml.ts";

test("YAML is read as version 1.1, without its times and numbers of base 60", () => {
  const text = "a: yes\nb: 12:30:00\nc: 2026-01-02\nd: 0x10\ne: &x [1]\nf: *x\ng: 010\n";
  assert.deepEqual(parseYaml(text).value, { a: true, b: "12:30:00", c: "2026-01-02", d: 16, e: [1], f: [1], g: 8 });
});

test("what is no YAML is told in Go's words", () => {
  assert.throws(() => parseYaml("a: b: c"), { message: "yaml: mapping values are not allowed in this context" });
  assert.throws(() => parseYaml("a: 1\nb: c: d"), {
    message: "yaml: line 2: mapping values are not allowed in this context",
  });
});

test("YAML is written with its keys in order and texts that look like something else in quotes", () => {
  assert.equal(
    formatYaml({ b: ["x"], a: "yes", t: "2026-01-02T03:04:05Z" }),
    'a: "yes"\nb:\n- x\nt: "2026-01-02T03:04:05Z"\n',
  );
});
