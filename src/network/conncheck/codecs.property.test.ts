import assert from "node:assert/strict";
import { test } from "node:test";
import { constantFrom, jsonValue, nat, oneof, string, uint8Array } from "fast-check";
import { formatDuration, parseDuration } from "#base/duration.ts";
import { forAll, objects, takesAtMost } from "#kit/properties.ts";
import { decodeMessage, encodeMessage } from "./message.ts";

test("durations that are written can be read, to the microsecond", () => {
  forAll(nat(10_000_000), (microseconds) => {
    const read = parseDuration(formatDuration(microseconds / 1_000));
    assert.ok(read !== undefined && Math.abs(read - microseconds / 1_000) < 1e-6);
  });
});

for (const [text, ms] of [
  ["1h2m3.5s", 3_723_500],
  ["0", 0],
  ["1s1s", 2_000],
  ["", undefined],
  ["1", undefined],
  ["1s ", undefined],
  ["x1s", undefined],
  ["1sx1s", undefined],
  ["-1s", undefined],
] as const) {
  test(`"${text}" is ${ms} ms`, () => assert.equal(parseDuration(text), ms));
}

test("whatever the text, it is a duration or none, and costs no more than its length", () => {
  forAll(oneof(string(), string({ unit: constantFrom(..."019.", "ms", "s", "h", "µs") })), (text) => {
    const ms = parseDuration(text);
    assert.ok(ms === undefined || ms >= 0);
  });
  for (const text of ["1".repeat(100_000), "1s".repeat(50_000), `${"1.".repeat(50_000)}`, `${"1".repeat(100_000)}s`])
    takesAtMost(1_000, () => parseDuration(text));
});

test("pings that are written can be read, and whatever else arrives is none", () => {
  const ping = objects({
    clusterID: string(),
    msgType: constantFrom("PING" as const, "PONG" as const),
    timeStamp: string(),
  });
  forAll(ping, (message) => {
    const datagram = encodeMessage(message);
    assert.deepEqual(decodeMessage(datagram), datagram.length > 1024 ? undefined : message);
  });
  const texts = jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
  forAll(oneof(texts, uint8Array()), (datagram) => assert.equal(decodeMessage(datagram), undefined));
});
