import assert from "node:assert/strict";
import { test } from "node:test";
import { array, constantFrom, nat, tuple, uint8Array } from "fast-check";
import { forAll, parseOrRefuse, takesAtMost } from "#kit/properties.ts";
import { decodeMessage, encodeResponse } from "./packet.ts";

const HEADER = Buffer.from("000100000001000000000000", "hex");
/** The package throws plain errors, and RangeErrors where it reads past the end. */
const isRefusal = (error: unknown): boolean => error instanceof Error && !/call stack/.test(error.message);

test("whatever the bytes, they are a message or are refused", () => {
  const any = uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  forAll(any, (bytes) => parseOrRefuse(decodeMessage, bytes, isRefusal), 300);
  forAll(any, (bytes) => parseOrRefuse(decodeMessage, Buffer.concat([HEADER, bytes]), isRefusal), 300);
  const parts = array(constantFrom("c00c", "c000", "00", "3f", "0161", "ffff", "0001", "0029", "000a"), {
    maxLength: 60,
  });
  forAll(
    tuple(nat(5), nat(5), parts),
    ([questions, answers, body]) => {
      const header = Buffer.from(HEADER);
      header.writeUInt16BE(questions, 4);
      header.writeUInt16BE(answers, 6);
      parseOrRefuse(decodeMessage, Buffer.concat([header, Buffer.from(body.join(""), "hex")]), isRefusal);
    },
    600,
  );
});

test("a question comes out as it went in", () => {
  const label = array(constantFrom(..."abc-1"), { minLength: 1, maxLength: 20 }).map((letters) => letters.join(""));
  forAll(array(label, { minLength: 1, maxLength: 5 }), (labels) => {
    const question = { name: labels.join("."), type: "A" };
    const query = { id: 7, type: "query", flags: 0, questions: [question], answers: [], additionals: [] } as const;
    const reply = { rcode: "NOERROR", flags: 0, answers: [], authorities: [] } as const;
    const decoded = decodeMessage(encodeResponse(query, reply));
    assert.equal(decoded.questions[0]?.name, question.name);
    assert.equal(decoded.id, 7);
  });
});

test("a message of 64 KB that points at itself costs no more than its length", () => {
  for (const unit of ["c00c00010001", "c00dc00c", "013fc00c00010001", "c0"]) {
    const header = Buffer.from(HEADER);
    header.writeUInt16BE(0xffff, 4);
    const bytes = Buffer.concat([header, Buffer.alloc(65_000, Buffer.from(unit, "hex"))]);
    takesAtMost(2_000, () => parseOrRefuse(decodeMessage, bytes, isRefusal));
  }
});
