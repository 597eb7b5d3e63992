import assert from "node:assert/strict";
import { test } from "node:test";
import { oneof, string, stringMatching } from "fast-check";
import { forAll } from "#kit/properties.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const at = (isSampled: boolean) => ({ traceId: TRACE, spanId: SPAN, isSampled });

for (const [name, text, expected] of [
  ["a sampled one", `00-${TRACE}-${SPAN}-01`, at(true)],
  ["one that is not sampled", `00-${TRACE}-${SPAN}-00`, at(false)],
  ["other flags say nothing about it", `00-${TRACE}-${SPAN}-fe`, at(false)],
  ["a later version may say more", `01-${TRACE}-${SPAN}-01-what-ever`, at(true)],
  ["this one may not", `00-${TRACE}-${SPAN}-01-what-ever`, undefined],
  ["version ff", `ff-${TRACE}-${SPAN}-01`, undefined],
  ["capitals", `00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
  ["no trace", `00-${"0".repeat(32)}-${SPAN}-01`, undefined],
  ["no span", `00-${TRACE}-${"0".repeat(16)}-01`, undefined],
  ["too short", `00-${TRACE.slice(1)}-${SPAN}-01`, undefined],
  ["nothing", "", undefined],
  ["none", undefined, undefined],
] as const) {
  test(`traceparent: ${name}`, () => assert.deepEqual(parseTraceparent(text), expected));
}

test("what is read is written again, anything else is none", () => {
  const texts = oneof(string(), stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/));
  forAll(texts, (text) => {
    const read = parseTraceparent(text);
    if (read !== undefined && text.startsWith("00"))
      assert.equal(formatTraceparent(read).slice(0, 53), text.slice(0, 53));
  });
});
