import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { OrderResultSchema } from "../gen/hipstershop_pb.ts";
import { moneyOf } from "../rpc/money.ts";
import { confirmation } from "./confirmation.ts";

test("the confirmation names order, items, shipping and tracking number", () => {
  const order = create(OrderResultSchema, {
    orderId: "o-1",
    shippingTrackingId: "AB-1-2",
    shippingCost: moneyOf("USD", 8_990_000_000n),
    items: [{ item: { productId: "MUG", quantity: 2 }, cost: moneyOf("USD", 8_990_000_000n) }],
  });
  assert.equal(
    confirmation(order),
    "Thank you for your order o-1.\n2 × MUG at $8.99\nShipping $8.99, tracking number AB-1-2.",
  );
});
