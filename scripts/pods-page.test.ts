import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { formatPodsPage } from "./pods-page.ts";

test("docs/pods.md has the table as it is (node scripts/pods-docs.ts writes it)", () => {
  assert.equal(readFileSync(join(import.meta.dirname, "../docs/pods.md"), "utf8"), formatPodsPage());
});
