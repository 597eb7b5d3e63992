import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { CreditCardInfoSchema } from "../gen/hipstershop_pb.ts";
import { acceptCard } from "./card.ts";

const NOW = new Date("2026-06-15T00:00:00Z");
const card = (creditCardNumber: string, year = 2030, month = 1) =>
  create(CreditCardInfoSchema, {
    creditCardNumber,
    creditCardCvv: 672,
    creditCardExpirationYear: year,
    creditCardExpirationMonth: month,
  });

for (const [number, type] of [
  ["4432-8015-6152-0454", "visa"],
  ["4111 1111 1111 1111", "visa"],
  ["5555555555554444", "mastercard"],
  ["2223003122003222", "mastercard"],
] as const) {
  test(`${number} is accepted as ${type}`, () => assert.equal(acceptCard(card(number), NOW), type));
}

for (const [name, info, message] of [
  ["a wrong check digit", card("4432-8015-6152-0455"), /invalid/],
  ["another brand", card("378282246310005"), /Only VISA or MasterCard/],
  ["an expired card", card("4111111111111111", 2026, 5), /ending 1111\) expired on 5\/2026/],
  ["letters", card("4111-ABCD"), /invalid/],
] as const) {
  test(`${name} is an invalid argument`, () => {
    assert.throws(
      () => acceptCard(info, NOW),
      (error) => error instanceof ConnectError && error.code === Code.InvalidArgument && message.test(error.rawMessage),
    );
  });
}

test("a card is good until the end of its month", () =>
  assert.equal(acceptCard(card("4111111111111111", 2026, 6), NOW), "visa"));
