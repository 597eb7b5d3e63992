import assert from "node:assert/strict";
import { test } from "node:test";
import { type Arbitrary, array, constantFrom, oneof, string, stringMatching } from "fast-check";
import { forAll, objects, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { formatLabelSelector, type LabelRequirement, parseFieldSelector, parseLabelSelector } from "./selector.ts";

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && /^(unable to parse requirement|invalid selector)/.test(error.message);
const alike = string({ unit: constantFrom(..."ab=!,() \n<>\\", "in", "notin", "==") });

test("whatever the text, it is a selector or is refused by name", () => {
  forAll(oneof(alike, string()), (text) => parseOrRefuse(parseLabelSelector, text, isRefusal), 400);
  forAll(oneof(alike, string()), (text) => parseOrRefuse(parseFieldSelector, text, isRefusal), 400);
});

test("a label selector that is written can be read", () => {
  const word = stringMatching(/^[a-z0-9]([-a-z0-9_.]{0,5}[a-z0-9])?$/);
  const requirement = oneof<Arbitrary<LabelRequirement>[]>(
    objects({
      key: word,
      operator: constantFrom("Exists" as const, "DoesNotExist" as const),
      values: constantFrom<string[]>([]),
    }),
    objects({
      key: word,
      operator: constantFrom("In" as const, "NotIn" as const),
      values: array(word, { minLength: 1, maxLength: 4 }),
    }),
    objects({
      key: word,
      operator: constantFrom("Gt" as const, "Lt" as const),
      values: array(word, { minLength: 1, maxLength: 1 }),
    }),
  );
  forAll(array(requirement, { maxLength: 5 }), (requirements) =>
    assert.deepEqual(parseLabelSelector(formatLabelSelector(requirements)), requirements),
  );
});

const N = 100_000;
for (const [name, text] of Object.entries({
  letters: `${"a".repeat(N)} `,
  blanks: `a${" ".repeat(N)}b`,
  "blanks behind an operator": `a=${" ".repeat(N)}x\n`,
  commas: ",".repeat(N),
  "open parentheses": `a in ${"(".repeat(N)}`,
  values: `a in (${"b,".repeat(N)})`,
  requirements: "a=b,".repeat(N),
  "exclamation marks": "!".repeat(N),
})) {
  test(`very many ${name} cost no more than their length`, () => {
    for (const parse of [parseLabelSelector, parseFieldSelector])
      takesAtMost(1_000, () => parseOrRefuse<string, unknown>(parse, text, isRefusal));
  });
}
