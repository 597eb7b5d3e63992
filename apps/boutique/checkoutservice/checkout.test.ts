import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, createClient, createRouterTransport } from "@connectrpc/connect";
import {
  CartService,
  CurrencyService,
  EmailService,
  PaymentService,
  PlaceOrderRequestSchema,
  ProductCatalogService,
  ShippingService,
} from "../gen/hipstershop_pb.ts";
import { formatMoney, moneyOf, nanosOf } from "../rpc/money.ts";
import { placeOrder, type Services } from "./checkout.ts";

const REQUEST = create(PlaceOrderRequestSchema, { userId: "u", userCurrency: "EUR", email: "a@example.com" });

/** The other services as a shop where a dollar is half a euro; `broken` is the one call that fails. */
function shop(broken?: string) {
  const calls: string[] = [];
  const warnings: string[] = [];
  const call = <T>(name: string, answer: T): T => {
    calls.push(name);
    if (name === broken) throw new ConnectError("out of order", Code.InvalidArgument);
    return answer;
  };
  const transport = createRouterTransport((router) => serve(router, call));
  const services: Services = {
    cart: createClient(CartService, transport),
    catalogue: createClient(ProductCatalogService, transport),
    currency: createClient(CurrencyService, transport),
    shipping: createClient(ShippingService, transport),
    payment: createClient(PaymentService, transport),
    email: createClient(EmailService, transport),
    warn: (message) => warnings.push(message),
  };
  return { services, calls, warnings };
}

function serve(router: ConnectRouter, call: <T>(name: string, answer: T) => T): void {
  const items = [{ productId: "MUG", quantity: 3 }];
  router.service(CartService, {
    getCart: () => call("getCart", { items }),
    emptyCart: () => call("emptyCart", {}),
  });
  router.service(ProductCatalogService, {
    getProduct: ({ id }) => call("getProduct", { id, priceUsd: moneyOf("USD", 1_990_000_000n) }),
  });
  router.service(CurrencyService, {
    convert: ({ from, toCode }) => call("convert", moneyOf(toCode, nanosOf(from) / 2n)),
  });
  router.service(ShippingService, {
    getQuote: () => call("getQuote", { costUsd: moneyOf("USD", 8_990_000_000n) }),
    shipOrder: () => call("shipOrder", { trackingId: "AB-1-2" }),
  });
  router.service(PaymentService, { charge: ({ amount }) => call(`charge ${formatMoney(amount)}`, {}) });
  router.service(EmailService, { sendOrderConfirmation: ({ email }) => call(`email ${email}`, {}) });
}

test("the card pays items and shipping in the customer's currency, then the order is shipped and confirmed", async () => {
  const { services, calls, warnings } = shop();
  const order = await placeOrder(services, REQUEST);
  assert.deepEqual(calls, [
    "getCart",
    "getProduct",
    "convert",
    "getQuote",
    "convert",
    "charge €7.48",
    "shipOrder",
    "emptyCart",
    "email a@example.com",
  ]);
  assert.match(order.orderId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(order.shippingTrackingId, "AB-1-2");
  assert.equal(formatMoney(order.items[0]?.cost), "€1.00");
  assert.equal(nanosOf(order.shippingCost), 4_495_000_000n);
  assert.deepEqual(warnings, []);
});

for (const broken of ["getCart", "getProduct", "convert", "getQuote"]) {
  test(`a failure of ${broken} charges nothing`, async () => {
    const { services, calls } = shop(broken);
    await assert.rejects(placeOrder(services, REQUEST), /out of order/);
    assert.equal(calls.at(-1), broken);
  });
}

test("a refused card ships nothing, keeps the cart and stays an invalid argument", async () => {
  const { services, calls } = shop("charge €7.48");
  await assert.rejects(
    placeOrder(services, REQUEST),
    (error) => error instanceof ConnectError && error.code === Code.InvalidArgument,
  );
  assert.equal(calls.at(-1), "charge €7.48");
});

test("a failed shipment is UNAVAILABLE and keeps the cart", async () => {
  const { services, calls } = shop("shipOrder");
  await assert.rejects(
    placeOrder(services, REQUEST),
    (error) => error instanceof ConnectError && error.code === Code.Unavailable,
  );
  assert.equal(calls.at(-1), "shipOrder");
});

for (const [broken, warning] of [
  ["emptyCart", "cart not emptied"],
  ["email a@example.com", "confirmation not sent"],
] as const) {
  test(`after the charge, a failure of ${broken} is logged and the order stands`, async () => {
    const { services, warnings } = shop(broken);
    assert.equal((await placeOrder(services, REQUEST)).shippingTrackingId, "AB-1-2");
    assert.deepEqual(warnings, [warning]);
  });
}

test("a caller that has given up is not charged", async () => {
  const { services, calls } = shop();
  await assert.rejects(
    placeOrder(services, REQUEST, AbortSignal.abort(new ConnectError("late", Code.DeadlineExceeded))),
  );
  assert.ok(!calls.some((name) => name.startsWith("charge")));
});
