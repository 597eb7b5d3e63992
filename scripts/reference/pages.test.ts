import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as annotations from "#api/annotations.ts";
import * as finalizers from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { FIELDS } from "./fields.ts";
import { PAGES } from "./pages.ts";

for (const [name, format] of Object.entries(PAGES)) {
  test(`docs/reference/${name} is current (node scripts/reference-docs.ts writes it)`, () => {
    const document = readFileSync(join(import.meta.dirname, "../../docs/reference", name), "utf8");
    assert.equal(document, format());
  });
}

test("every label, annotation and finalizer of src/api has its line, and its meaning", () => {
  const page = PAGES["labels.md"]?.() ?? "";
  const keys = [labels, annotations, finalizers].flatMap((module): string[] => Object.values(module));
  const forgotten = keys.filter((key) => key.includes("/") && !page.includes(`- \`${key}\`: `));
  assert.deepEqual(forgotten, []);
  assert.doesNotMatch(page, /undefined/);
});

test("what is said of a field is on the page, under its kind: the field is there", () => {
  const page = PAGES["crds.md"]?.() ?? "";
  const unknown = Object.entries(FIELDS).flatMap(([kind, fields]) => {
    const [, section = ""] = page.split(`\n## ${kind}\n`);
    const [own = ""] = section.split("\n## ");
    return Object.entries(fields)
      .filter(([path, meaning]) => !own.includes(`- \`${path}\`: ${meaning} (`))
      .map(([path]) => `${kind} ${path}`);
  });
  assert.deepEqual(unknown, []);
});
