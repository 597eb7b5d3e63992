import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { bundlePage } from "../../../scripts/dashboard-page.ts";

const MOST_BYTES = 150_000;
/** xterm.js, for who opens a shell. */
const MOST_TERMINAL_BYTES = 100_000;
const TERMINAL = "terminal.js";

test("the page is three files, and one for shells, small, and asks no other host", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dashboard-page-"));
  try {
    await bundlePage(folder);
    const files = readdirSync(folder).sort();
    assert.deepEqual(files, ["app.css", "app.js", "index.html", TERMINAL]);
    const texts = new Map(files.map((file) => [file, readFileSync(join(folder, file))]));
    const sizeOf = (file: string): number => gzipSync(texts.get(file) ?? "").length;
    const bytes = files.filter((file) => file !== TERMINAL).reduce((sum, file) => sum + sizeOf(file), 0);
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes gzipped`);
    assert.ok(sizeOf(TERMINAL) < MOST_TERMINAL_BYTES, `${sizeOf(TERMINAL)} bytes gzipped`);
    for (const text of texts.values()) {
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
