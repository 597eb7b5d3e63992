import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundlePage } from "../../../scripts/dashboard-page.ts";

const MOST_BYTES = 150_000;

test("the page is three files, small, and asks no other host", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dashboard-page-"));
  try {
    await bundlePage(folder);
    const files = readdirSync(folder).sort();
    assert.deepEqual(files, ["app.css", "app.js", "index.html"]);
    const texts = files.map((file) => readFileSync(join(folder, file)));
    const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes gzipped`);
    for (const text of texts) {
      const addresses = text.toString().match(/(?:https?:)?\/\/[a-z0-9.-]+\.[a-z]{2,}[^"'`\s]*/gi) ?? [];
      // Names of XML, which nobody fetches.
      assert.deepEqual(
        addresses.filter((address) => !address.includes("//www.w3.org/")),
        [],
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
