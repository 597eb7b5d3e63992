import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { AddressSchema, CartItemSchema } from "../gen/hipstershop_pb.ts";
import { formatMoney } from "../rpc/money.ts";
import { quote, trackingId } from "./shipping.ts";

test("any order ships for 8.99 and an empty one for nothing", () => {
  assert.equal(formatMoney(quote([create(CartItemSchema, { productId: "x", quantity: 7 })])), "$8.99");
  assert.equal(formatMoney(quote([])), "$0.00");
});

test("a tracking id has two letters and two numbers", () => {
  const address = create(AddressSchema, { streetAddress: "1 Main Street", city: "Turin", state: "TO" });
  assert.match(trackingId(address, Math.random), /^[A-Z]{2}-\d+-\d+$/);
});
