import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { VERSION } from "#base/version.ts";
import { PLACES, withVersion } from "./version-places.ts";

for (const [file, places] of Object.entries(PLACES)) {
  const text = readFileSync(join(import.meta.dirname, "..", file), "utf8");

  test(`${file} has the version of package.json (mend it by: node scripts/version.ts)`, () => {
    assert.equal(withVersion(text, places, VERSION), text);
  });

  test(`another version would be written to ${file}`, () => {
    assert.notEqual(withVersion(text, places, "v99.0.0"), text);
    assert.equal(withVersion(withVersion(text, places, "v99.0.0"), places, VERSION), text);
  });
}
