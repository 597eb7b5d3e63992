/** Places an order: what is charged, in which order things happen, and what fails how. */
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import {
  type CartService,
  type CurrencyService,
  type EmailService,
  type Money,
  type OrderItem,
  OrderItemSchema,
  type OrderResult,
  OrderResultSchema,
  type PaymentService,
  type PlaceOrderRequest,
  type ProductCatalogService,
  type ShippingService,
} from "../gen/hipstershop_pb.ts";
import { add, multiply } from "../rpc/money.ts";

export interface Services {
  readonly cart: Client<typeof CartService>;
  readonly catalogue: Client<typeof ProductCatalogService>;
  readonly currency: Client<typeof CurrencyService>;
  readonly shipping: Client<typeof ShippingService>;
  readonly payment: Client<typeof PaymentService>;
  readonly email: Client<typeof EmailService>;
  readonly warn: (message: string, error: unknown) => void;
}

/**
 * A failure before the charge charges nothing, nor does a caller that has given up (`signal`): it sees no order and would
 * pay twice. After the charge the order runs to its end; a failed e-mail does not undo it.
 */
export async function placeOrder(
  services: Services,
  request: PlaceOrderRequest,
  signal?: AbortSignal,
): Promise<OrderResult> {
  const { userId, userCurrency, address, creditCard, email } = request;
  const { items } = await step("cart failure", services.cart.getCart({ userId }));
  const priced = await Promise.all(items.map((item) => price(services, item, userCurrency)));
  const { costUsd } = await step(
    "shipping quote failure",
    services.shipping.getQuote({ items, ...(address !== undefined && { address }) }),
  );
  const shippingCost = await step(
    "failed to convert shipping cost to currency",
    services.currency.convert({ toCode: userCurrency, ...(costUsd !== undefined && { from: costUsd }) }),
  );
  const amount = total(priced, shippingCost);
  signal?.throwIfAborted();
  await step(
    "failed to charge card",
    services.payment.charge({ amount, ...(creditCard !== undefined && { creditCard }) }),
  );
  const { trackingId } = await step(
    "shipping error",
    services.shipping.shipOrder({ items, ...(address !== undefined && { address }) }),
    Code.Unavailable,
  );
  await services.cart.emptyCart({ userId }).catch((error: unknown) => services.warn("cart not emptied", error));
  const order = create(OrderResultSchema, {
    orderId: randomUUID(),
    shippingTrackingId: trackingId,
    shippingCost,
    items: priced,
    ...(address !== undefined && { shippingAddress: address }),
  });
  await services.email
    .sendOrderConfirmation({ email, order })
    .catch((error: unknown) => services.warn("confirmation not sent", error));
  return order;
}

async function price(
  services: Services,
  item: { productId: string; quantity: number },
  userCurrency: string,
): Promise<OrderItem> {
  const product = await step(
    `failed to get product #"${item.productId}"`,
    services.catalogue.getProduct({ id: item.productId }),
  );
  const cost = await step(
    "failed to convert price",
    services.currency.convert({
      toCode: userCurrency,
      ...(product.priceUsd !== undefined && { from: product.priceUsd }),
    }),
  );
  return create(OrderItemSchema, { item: { productId: item.productId, quantity: item.quantity }, cost });
}

/** Items by quantity, plus shipping. */
function total(items: readonly OrderItem[], shipping: Money): Money {
  return items.reduce(
    (sum, { item, cost }) => (cost === undefined ? sum : add(sum, multiply(cost, item?.quantity ?? 0))),
    shipping,
  );
}

/** Names the step that failed; what the customer did wrong stays an invalid argument. */
async function step<T>(what: string, work: Promise<T>, code?: Code): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const error = ConnectError.from(cause);
    throw new ConnectError(
      `${what}: ${error.rawMessage}`,
      code ?? (error.code === Code.InvalidArgument ? Code.InvalidArgument : Code.Internal),
      undefined,
      undefined,
      cause,
    );
  }
}
