import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, nat, oneof, string, tuple } from "fast-check";
import { forAll, takesAtMost } from "#kit/properties.ts";
import { formatDuration, parseDuration } from "./duration.ts";

// Expectations are what Go's time.ParseDuration gives.
for (const [text, ms] of [
  ["1h2m3.5s", 3_723_500],
  ["1m30s", 90_000],
  ["500ms", 500],
  ["0", 0],
  ["-0", 0],
  ["+0", 0],
  ["1s1s", 2_000],
  ["-1s", -1_000],
  ["+1.5h", 5_400_000],
  ["-1m-1s", undefined],
  [".5s", 500],
  ["5.s", 5_000],
  [".s", undefined],
  ["1.1s", 1_100],
  ["100ns", 0.0001],
  ["3us", 0.003],
  ["3\u00b5s", 0.003],
  ["3\u03bcs", 0.003],
  ["", undefined],
  ["-", undefined],
  ["1", undefined],
  ["s", undefined],
  ["1d", undefined],
  ["1s ", undefined],
  ["x1s", undefined],
  ["1sx1s", undefined],
  ["2562047h", 9_223_369_200_000],
  ["2562048h", undefined],
] as const) {
  test(`"${text}" is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
}

for (const [ms, text] of [
  [0, "0s"],
  [0.4124, "412\u00b5s"],
  [1.25, "1.25ms"],
  [1_500, "1.5s"],
  [-3, "0s"],
] as const) {
  test(`${ms} ms are written ${text}`, () => assert.equal(formatDuration(ms), text));
}

test("durations that are written can be read, to the microsecond", () => {
  forAll(nat(10_000_000), (microseconds) => {
    const read = parseDuration(formatDuration(microseconds / 1_000));
    assert.ok(read !== undefined && Math.abs(read - microseconds / 1_000) < 1e-6);
  });
});

test("parts add up, and the sign is of all of them", () => {
  const unitsMs = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;
  const part = tuple(nat(999), constantFrom("h", "m", "s", "ms"));
  forAll(tuple(constantFrom("", "+", "-"), array(part, { minLength: 1, maxLength: 4 })), ([sign, parts]) => {
    const sum = parts.reduce((total, [amount, unit]) => total + amount * unitsMs[unit], 0);
    const read = parseDuration(sign + parts.map(([amount, unit]) => `${amount}${unit}`).join(""));
    assert.equal(read, sign === "-" && sum > 0 ? -sum : sum);
  });
});

test("whatever the text, it is a duration or none, as one pattern for all of it says, and costs no more than its length", () => {
  const whole = /^[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;
  forAll(
    oneof(string(), string({ unit: constantFrom(..."+-019.", "ms", "s", "h", "µs"), maxLength: 12 })),
    (text) => assert.equal(parseDuration(text) !== undefined, whole.test(text), text),
    500,
  );
  for (const text of ["1".repeat(100_000), "1s".repeat(50_000), "1.".repeat(50_000), `${"1".repeat(100_000)}s`])
    takesAtMost(1_000, () => parseDuration(text));
});
