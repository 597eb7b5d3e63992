import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuerySelector } from "./label-selector.ts";

test("selectors of queries are read as the genuine server reads them", () => {
  const cases: [string, unknown[]][] = [
    ["", []],
    ["app=x", [{ key: "app", operator: "In", values: ["x"] }]],
    [
      "app = x , !old",
      [
        { key: "app", operator: "In", values: ["x"] },
        { key: "old", operator: "DoesNotExist", values: [] },
      ],
    ],
    ["app notin (b,a,b)", [{ key: "app", operator: "NotIn", values: ["a", "b"] }]],
    ["app in ()", [{ key: "app", operator: "In", values: [""] }]],
    ["app in (,a)", [{ key: "app", operator: "In", values: ["", "a"] }]],
    ["app=", [{ key: "app", operator: "In", values: [""] }]],
    ["n>1", [{ key: "n", operator: "Gt", values: ["1"] }]],
    // Keywords are values where values are expected.
    ["app in (in)", [{ key: "app", operator: "In", values: ["in"] }]],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseQuerySelector(text), expected, text);
});

test("what is no selector is refused with what was expected", () => {
  const cases: [string, string][] = [
    ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["app=x,", "found '', expected: identifier after ','"],
    [",app=x", "found ',', expected: !, identifier, or 'end of string'"],
    ["app=x y", "found 'y', expected: ',' or 'end of string'"],
    ["!app=x", "found '=', expected: ',' or 'end of string'"],
    ["app in x", "unable to parse requirement: found 'x' expected: '('"],
    ["app in (x", "unable to parse requirement: found '', expected: ',' or ')'"],
    [
      "n>x",
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
  ];
  for (const [text, message] of cases) assert.throws(() => parseQuerySelector(text), { message }, text);
});
