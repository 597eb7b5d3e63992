import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { isExpired } from "#machinery/status-error.ts";
import { readWatchEvents } from "./watch.ts";

const EVENTS = [
  { type: "ADDED", object: { metadata: { name: "a", labels: { city: "Forlì 🏙" } } } },
  { type: "MODIFIED", object: { metadata: { name: "a" }, data: "x".repeat(50) } },
  { type: "BOOKMARK", object: { metadata: { resourceVersion: "7" } } },
];
const BYTES = Buffer.from(EVENTS.map((event) => `${JSON.stringify(event)}\n`).join(""));

async function eventsOf(chunks: readonly Buffer[]): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of readWatchEvents(Readable.from(chunks, { objectMode: false }))) events.push(event);
  return events;
}

test("events come whole and in order, wherever the stream is cut", async () => {
  for (const size of [1, 2, 3, 7, 64, BYTES.length]) {
    const count = Math.ceil(BYTES.length / size);
    const chunks = Array.from({ length: count }, (_, i) => BYTES.subarray(i * size, (i + 1) * size));
    assert.deepEqual(await eventsOf(chunks), EVENTS);
  }
});

test("an event that the stream does not finish is none", async () => {
  assert.deepEqual(await eventsOf([BYTES.subarray(0, -1)]), EVENTS.slice(0, -1));
});

test("an event without end is given up", async () => {
  const endless = function* (): Generator<Buffer> {
    for (;;) yield Buffer.alloc(1 << 20, "x");
  };
  const events = readWatchEvents(Readable.from(endless(), { objectMode: false }));
  await assert.rejects(events.next(), /an event of the watch has more than/);
});

test("an ERROR event is thrown as what it says", async () => {
  const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
  const line = Buffer.from(`${JSON.stringify({ type: "ERROR", object: status })}\n`);
  await assert.rejects(eventsOf([line]), (error) => isExpired(error));
});
