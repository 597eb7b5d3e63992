import assert from "node:assert/strict";
import { test } from "node:test";
import { type CategoryResult, failed, ok, warning } from "./check.ts";
import { countFailed, formatResults, worst } from "./format.ts";

const RESULTS: readonly CategoryResult[] = [
  { name: "kubernetes", cluster: "milan", checks: [{ says: "it answers", finding: ok("https://milan") }] },
  {
    name: "both clusters",
    cluster: undefined,
    checks: [
      { says: "ids differ", finding: failed("both are milan\u001b[2J", "install one again") },
      { says: "clocks agree", finding: warning("11s", "NTP") },
      { says: "all is quiet", finding: ok() },
    ],
  },
];
const BAD = [
  "× ids differ",
  "    both are milan [2J",
  "    → install one again",
  "‼ clocks agree",
  "    11s",
  "    → NTP",
];

for (const [format, expected] of [
  [
    "table",
    [
      ...["milan: kubernetes", "-----------------", "√ it answers", ""],
      ...["both clusters", "-------------", ...BAD, "√ all is quiet", ""],
      "Status check results are ×",
    ],
  ],
  [
    "wide",
    [
      ...["milan: kubernetes", "-----------------", "√ it answers: https://milan", ""],
      ...["both clusters", "-------------", ...BAD, "√ all is quiet", ""],
      "Status check results are ×",
    ],
  ],
  ["short", ["both clusters", "-------------", ...BAD, "", "Status check results are ×"]],
] as const)
  test(`${format}: a line for each, and what to do below`, () =>
    assert.equal(formatResults(RESULTS, format), expected.join("\n")));

test("json has what linkerd's has", () => {
  const found: unknown = JSON.parse(formatResults(RESULTS, "json"));
  assert.deepEqual(found, {
    success: false,
    categories: [
      {
        categoryName: "kubernetes",
        cluster: "milan",
        checks: [{ description: "it answers", result: "success", found: "https://milan" }],
      },
      {
        categoryName: "both clusters",
        checks: [
          { description: "ids differ", result: "error", found: "both are milan [2J", hint: "install one again" },
          { description: "clocks agree", result: "warning", found: "11s", hint: "NTP" },
          { description: "all is quiet", result: "success" },
        ],
      },
    ],
  });
});

test("the worst counts, and warnings are no failures", () => {
  const [first, second] = RESULTS;
  assert.ok(first !== undefined && second !== undefined);
  const warned = { ...second, checks: second.checks.slice(1) };
  assert.deepEqual(
    [RESULTS, [first, warned], [first]].map((all) => [worst(all), countFailed(all)]),
    [
      ["failed", 1],
      ["warning", 0],
      ["ok", 0],
    ],
  );
});
