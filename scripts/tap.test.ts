import assert from "node:assert/strict";
import { test } from "node:test";
import { failuresByFile, filesToRepeat, longest } from "./tap.ts";

// Of node 24: `node --test --test-reporter=tap`.
const REPORT = `TAP version 13
# Subtest: peers
    # Subtest: connects
    ok 1 - connects
      ---
      duration_ms: 1
      type: 'test'
      ...
    # Subtest: heals
    not ok 2 - heals
      ---
      duration_ms: 2
      type: 'test'
      location: '/p/test/e2e/peers.test.ts:9:3'
      error: 'not within 60 s'
      ...
    1..2
not ok 1 - peers
  ---
  duration_ms: 61500.5
  type: 'suite'
  location: '/p/test/e2e/peers.test.ts:5:1'
  error: '1 subtest failed'
  ...
# Subtest: adds
not ok 2 - adds
  ---
  duration_ms: 75000
  location: '/p/src/sum.test.ts:3:1'
  type: 'test'
  ...
1..2
# tests 3
# fail 2
`;

test("failed tests are found by their files, and suites around them not counted", () => {
  const failures = failuresByFile(REPORT);
  assert.deepEqual(
    [...failures].map(([file, { count }]) => [file, count]),
    [
      ["/p/test/e2e/peers.test.ts", 1],
      ["/p/src/sum.test.ts", 1],
    ],
  );
  assert.match(failures.get("/p/test/e2e/peers.test.ts")?.text ?? "", /not within 60 s/);
});

test("a report without failures names no file", () => {
  assert.equal(failuresByFile("TAP version 13\nok 1 - adds\n# pass 1\n").size, 0);
});

test("a test that stands in steps is repeated by the files that import them", () => {
  const tests = [
    { path: "/p/a.test.ts", text: 'import { steps } from "./shop-steps.ts";' },
    { path: "/p/b.test.ts", text: 'import { other } from "./other-steps.ts";' },
    { path: "/p/c.system-test.ts", text: 'import { steps } from "../p/shop-steps.ts";' },
  ];
  assert.deepEqual(filesToRepeat("/p/b.test.ts", tests), ["/p/b.test.ts"]);
  assert.deepEqual(filesToRepeat("/p/shop-steps.ts", tests), ["/p/a.test.ts", "/p/c.system-test.ts"]);
  assert.deepEqual(filesToRepeat("/p/none-steps.ts", tests), []);
  assert.deepEqual(filesToRepeat("/p/none-steps.ts", tests.slice(0, 1)), ["/p/a.test.ts"]);
});

test("what takes long is named, the longest first, and no part of it", () => {
  assert.deepEqual(longest(REPORT, 60), [
    { name: "adds", seconds: 75 },
    { name: "peers", seconds: 61.5005 },
  ]);
  assert.deepEqual(longest(REPORT, 70), [{ name: "adds", seconds: 75 }]);
});
