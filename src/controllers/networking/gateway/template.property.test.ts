import assert from "node:assert/strict";
import { test } from "node:test";
import { constantFrom, dictionary, jsonValue, oneof, string } from "fast-check";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { renderTemplate, TemplateError } from "./template.ts";

const data = { Name: "rome", Spec: { mtu: 1340, ports: [1, 2] } };
const isRefusal = (error: unknown): boolean => error instanceof TemplateError;
const render = (value: unknown): unknown => renderTemplate(value, data);

test("whatever the template, it is rendered or refused as one", () => {
  const alike = string({
    unit: constantFrom(
      "{{",
      "}}",
      "-",
      " ",
      "if ",
      "else",
      "end",
      ".Name",
      ".Spec.MTU",
      "(",
      ")",
      "index",
      "gt",
      '"x"',
      "1",
      "a",
      "\n",
      "__proto__",
    ),
    maxLength: 20,
  });
  forAll(
    oneof({ arbitrary: alike, weight: 3 }, string(), jsonValue()),
    (value) => parseOrRefuse(render, value, isRefusal),
    600,
  );
  forAll(dictionary(oneof(alike, string()), jsonValue()), (value) => parseOrRefuse(render, value, isRefusal));
});

test("a text without actions stays as it is", () => {
  forAll(
    string().filter((text) => !text.includes("{{")),
    (text) => assert.equal(render(text), text),
  );
});

test("what is nobody's own is not found", () => {
  assert.equal(render('x{{ index .Spec "constructor" }}'), "x");
});

const N = 50_000;
for (const [name, text] of Object.entries({
  "open braces": "{".repeat(N),
  "open actions": "{{ ".repeat(N),
  "blanks in an action": `{{${" ".repeat(N)}`,
  "nested ifs": "{{ if .Name }}".repeat(N),
  "nested parentheses": `{{ ${"(".repeat(N)}.Name${")".repeat(N)} }}`,
  arguments: `{{ and ${".Name ".repeat(N)}}}`,
  actions: "{{ .Name }}".repeat(N),
})) {
  test(`very many ${name} cost no more than their length`, () => {
    takesAtMost(2_000, () => parseOrRefuse(render, text, isRefusal));
  });
}
