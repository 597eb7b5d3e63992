import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPullTime } from "./pull-time.ts";

test("pulls are timed as Go writes durations", () => {
  assert.deepEqual([0.4, 87.9, 1000, 1234, 61_500, 120_000].map(formatPullTime), [
    "0s",
    "87ms",
    "1s",
    "1.234s",
    "1m1.5s",
    "2m0s",
  ]);
});
