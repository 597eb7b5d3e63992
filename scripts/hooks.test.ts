/** Unit tests of all files share one process: what stands at the top of one would run before each test of all. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "..");

test("beforeEach and afterEach stand in a suite", () => {
  const files = globSync("{src,playground,apps,cmd,scripts,test,testing}/**/*.test.ts", { cwd: ROOT });
  assert.ok(files.length > 100);
  const wrong = files.filter((file) => /^(before|after)Each\(/m.test(readFileSync(join(ROOT, file), "utf8")));
  assert.deepEqual(wrong, []);
});
