import assert from "node:assert/strict";
import { test } from "node:test";
import { constantFrom, integer, ipV4, jsonValue, oneof, string, uint8Array } from "fast-check";
import { forAll, objects } from "#kit/properties.ts";
import { decodeMessage, encodeMessage } from "./message.ts";

test("pings that are written can be read, and whatever else arrives is none", () => {
  const ping = objects({
    clusterID: string(),
    msgType: constantFrom("PING" as const, "PONG" as const),
    timeStamp: string(),
    turn: integer({ min: 1 }),
    echo: ipV4(),
    from: ipV4(),
  });
  forAll(ping, (message) => {
    const datagram = encodeMessage(message);
    assert.deepEqual(decodeMessage(datagram), datagram.length > 1024 ? undefined : message);
  });
  forAll(ping, (message) =>
    assert.deepEqual(decodeMessage(encodeMessage(message, 9_000)), decodeMessage(encodeMessage(message))),
  );
  const texts = jsonValue().map((value) => Buffer.from(JSON.stringify(value)));
  forAll(oneof(texts, uint8Array()), (datagram) => assert.equal(decodeMessage(datagram), undefined));
});
