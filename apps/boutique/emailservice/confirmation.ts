/** The text of an order's confirmation. */
import type { OrderResult } from "../gen/hipstershop_pb.ts";
import { formatMoney } from "../rpc/money.ts";

export function confirmation(order: OrderResult | undefined): string {
  const items = (order?.items ?? []).map(
    ({ item, cost }) => `${item?.quantity} × ${item?.productId} at ${formatMoney(cost)}`,
  );
  return [
    `Thank you for your order ${order?.orderId ?? ""}.`,
    ...items,
    `Shipping ${formatMoney(order?.shippingCost)}, tracking number ${order?.shippingTrackingId ?? ""}.`,
  ].join("\n");
}
