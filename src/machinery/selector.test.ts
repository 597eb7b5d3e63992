import assert from "node:assert/strict";
import { test } from "node:test";
import { formatLabelSelector, matchesLabels, parseFieldSelector, parseLabelSelector, selects } from "./selector.ts";

const LABELS = { app: "web", tier: "front", "liqo.io/type": "virtual-node" };

for (const [text, expected] of [
  ["", true],
  ["app=web", true],
  ["app==web,tier!=back", true],
  ["app in (api, web)", true],
  ["app notin (api,web)", false],
  ["liqo.io/type", true],
  ["!liqo.io/type", false],
  ["missing!=x", true],
  ["missing", false],
] as const) {
  test(`the selector "${text}" ${expected ? "matches" : "does not match"}`, () => {
    assert.equal(matchesLabels(parseLabelSelector(text), LABELS), expected);
  });
}

test("a selector survives formatting and parsing", () => {
  const text = "a=b,c in (d,e),!f,g";
  assert.equal(formatLabelSelector(parseLabelSelector(text)), text);
});

test("an absent label selector selects nothing and an empty one everything", () => {
  assert.equal(selects(undefined, LABELS), false);
  assert.equal(selects({}, LABELS), true);
});

test("what is not a selector is refused by name", () => {
  assert.throws(() => parseLabelSelector("a=(b"), /unable to parse requirement/);
  assert.throws(() => parseFieldSelector("spec.nodeName"), /can't understand/);
});

test("a field selector keeps path, operator and value", () => {
  assert.deepEqual(parseFieldSelector("spec.nodeName=n1,status.phase!=Failed"), [
    { path: "spec.nodeName", op: "=", value: "n1" },
    { path: "status.phase", op: "!=", value: "Failed" },
  ]);
});
