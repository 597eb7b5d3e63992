import assert from "node:assert/strict";
import { test } from "node:test";
import { constantFrom, integer, jsonValue, oneof, string } from "fast-check";
import { forAll, objects, parseOrRefuse } from "#kit/properties.ts";
import { PathTraceError, parseOrder, parseTraceAnswer, parseTraceRequest } from "./path-trace.ts";

const isRefusal = (error: unknown): boolean => error instanceof PathTraceError;

test("what is no request, order or answer is refused by name, whatever it is", () => {
  forAll(
    oneof(
      jsonValue().map((value) => JSON.stringify(value)),
      string(),
    ),
    (text) => {
      for (const parse of [parseTraceRequest, parseOrder, parseTraceAnswer])
        assert.equal(parseOrRefuse<string, unknown>(parse, text, isRefusal), undefined);
    },
  );
});

test("nothing that is no name gets into the text of a table", () => {
  forAll(string({ unit: "binary" }), (text) => {
    const request = { id: text, flows: [], routes: [], links: [text], tables: [text] };
    const parsed = parseOrRefuse(parseTraceRequest, JSON.stringify(request), isRefusal);
    assert.match(parsed?.id ?? "x", /^[A-Za-z0-9_.-]+$/);
  });
});

test("sightings come back as they were told", () => {
  const sighting = objects({
    flow: constantFrom("ask", "full"),
    way: constantFrom("arrived" as const, "left" as const),
    link: string({ maxLength: 15 }),
    src: constantFrom("10.0.0.1"),
    dst: constantFrom("10.0.0.2"),
    length: integer({ min: 0, max: 65_535 }),
  });
  forAll(sighting, (one) => assert.deepEqual(parseTraceAnswer(JSON.stringify({ seen: [one] })), { seen: [one] }));
});
