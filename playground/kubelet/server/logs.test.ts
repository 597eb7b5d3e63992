import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type LogOptions, parseLogOptions, sendLog } from "./logs.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const directory = mkdtempSync(join(tmpdir(), "logs-test-"));
after(() => rmSync(directory, { recursive: true }));
const path = join(directory, "0.log");
const lines = ["one", "two", "three"].map((word, i) => `2026-01-01T00:00:0${i}.000000000+00:00 stdout F ${word}\n`);

async function read(options: Partial<LogOptions>): Promise<string> {
  writeFileSync(path, lines.join(""));
  const output = new PassThrough();
  await sendLog(
    ctx,
    path,
    { follow: false, timestamps: false, ...options },
    { output, isRunning: () => false, clock: systemClock },
  );
  output.end();
  return text(output);
}

test("logs are cut by lines, time and bytes", async () => {
  assert.equal(await read({}), "one\ntwo\nthree\n");
  assert.equal(await read({ tailLines: 2 }), "two\nthree\n");
  assert.equal(await read({ tailLines: 0 }), "");
  assert.equal(await read({ tailLines: 99 }), "one\ntwo\nthree\n");
  assert.equal(await read({ sinceMs: Date.parse("2026-01-01T00:00:02Z") }), "three\n");
  assert.equal(await read({ limitBytes: 5 }), "one\nt");
  assert.match(await read({ timestamps: true, tailLines: 1 }), /^2026-01-01T00:00:02\.000000000\+00:00 three\n$/);
});

test("parts of a long line are joined", async () => {
  writeFileSync(path, "2026-01-01T00:00:00Z stdout P long \n2026-01-01T00:00:00Z stdout F line\n");
  const output = new PassThrough();
  await sendLog(
    ctx,
    path,
    { follow: false, timestamps: false },
    { output, isRunning: () => false, clock: systemClock },
  );
  output.end();
  assert.equal(await text(output), "long line\n");
});

test("a followed log ends with its container, after the last line", async () => {
  writeFileSync(path, lines[0] ?? "");
  const output = new PassThrough();
  let asked = 0;
  const isRunning = (): boolean => {
    // The container writes its last line and ends between two looks.
    if (asked++ === 0) appendFileSync(path, lines[1] ?? "");
    return false;
  };
  await sendLog(ctx, path, { follow: true, timestamps: false }, { output, isRunning, clock: systemClock });
  output.end();
  assert.equal(await text(output), "one\ntwo\n");
});

test("options are read from the query", () => {
  const query = new URLSearchParams("follow=true&tailLines=5&sinceSeconds=10&limitBytes=7");
  assert.deepEqual(parseLogOptions(query, 60_000), {
    follow: true,
    timestamps: false,
    tailLines: 5,
    sinceMs: 50_000,
    limitBytes: 7,
  });
});
