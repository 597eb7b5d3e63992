import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Container } from "kubernetes-types/core/v1";
import { formatSeconds } from "./back-off.ts";
import { endingOf, lostEnding } from "./ending.ts";

const END = "2026-01-01T00:00:00Z";
const folder = mkdtempSync(join(tmpdir(), "ending-test-"));
after(() => rmSync(folder, { recursive: true }));

const own: Container = { name: "c", image: "i" };
const fallback: Container = { ...own, terminationMessagePolicy: "FallbackToLogsOnError" };

/** The end of a container that left this message, and this in its log. */
function end(code: number, container: Container, message: string | undefined, log = "", outOfMemory = false) {
  const files = { message: join(folder, "message"), log: join(folder, "log") };
  rmSync(files.message, { force: true });
  if (message !== undefined) writeFileSync(files.message, message);
  writeFileSync(files.log, log);
  return endingOf({ code, finishedAt: END, outOfMemory }, container, files);
}
const line = (text: string): string => `2026-01-01T00:00:00.000000000Z stderr F ${text}\n`;

for (const [name, ending, expected] of [
  ["that has done its work", end(0, own, undefined), { code: 0, reason: "Completed", finishedAt: END }],
  ["that failed", end(3, own, ""), { code: 3, reason: "Error", finishedAt: END }],
  ["that used too much", end(137, own, "", "", true), { code: 137, reason: "OOMKilled", finishedAt: END }],
  ["that says why", end(1, own, "no disk"), { code: 1, reason: "Error", finishedAt: END, message: "no disk" }],
  ["whose log nobody asked for", end(1, own, "", line("x")), { code: 1, reason: "Error", finishedAt: END }],
  [
    "whose log says why",
    end(1, fallback, "", line("a") + line("b")),
    { code: 1, reason: "Error", finishedAt: END, message: "a\nb\n" },
  ],
  [
    "that says why itself",
    end(1, fallback, "no disk", line("x")),
    { code: 1, reason: "Error", finishedAt: END, message: "no disk" },
  ],
  [
    "that succeeded says nothing of its log",
    end(0, fallback, "", line("x")),
    { code: 0, reason: "Completed", finishedAt: END },
  ],
] as const) {
  test(`the end of a container ${name}`, () => assert.deepEqual(ending, expected));
}

test("of a long message the last 4096 bytes are kept, of a log the last 80 lines and 2048 bytes", () => {
  assert.equal(end(1, own, `${"a".repeat(100)}${"b".repeat(4_096)}`).message, "b".repeat(4_096));
  const lines = Array.from({ length: 90 }, (_, i) => String(i));
  const { message } = end(1, fallback, "", lines.map(line).join(""));
  assert.equal(message?.trimEnd().split("\n").at(-1), "89");
  assert.ok((message?.trimEnd().split("\n").length ?? 0) <= 80);
  assert.equal(end(1, fallback, "", line("c".repeat(3_000))).message?.length, 2_048);
});

test("an end that nobody saw is told as such", () => {
  assert.deepEqual(lostEnding(END), {
    code: 137,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was terminated",
    finishedAt: END,
  });
});

test("durations are written as Go writes them", () => {
  assert.deepEqual([10_000, 59_400, 60_000, 160_000, 300_000].map(formatSeconds), [
    "10s",
    "59s",
    "1m0s",
    "2m40s",
    "5m0s",
  ]);
});
