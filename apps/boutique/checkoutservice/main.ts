/** Checkout service. */
import {
  CartService,
  CheckoutService,
  CurrencyService,
  EmailService,
  PaymentService,
  ProductCatalogService,
  ShippingService,
} from "../gen/hipstershop_pb.ts";
import { connectTo } from "../rpc/client.ts";
import { log, required, serve } from "../rpc/process.ts";
import { placeOrder, type Services } from "./checkout.ts";

const services: Services = {
  cart: connectTo(CartService, required("CART_SERVICE_ADDR")),
  catalogue: connectTo(ProductCatalogService, required("PRODUCT_CATALOG_SERVICE_ADDR")),
  currency: connectTo(CurrencyService, required("CURRENCY_SERVICE_ADDR")),
  shipping: connectTo(ShippingService, required("SHIPPING_SERVICE_ADDR")),
  payment: connectTo(PaymentService, required("PAYMENT_SERVICE_ADDR")),
  email: connectTo(EmailService, required("EMAIL_SERVICE_ADDR")),
  warn: (message, error) => log("checkoutservice", message, { error: String(error) }),
};

await serve("checkoutservice", 5050, (router) => {
  router.service(CheckoutService, {
    placeOrder: async (request, { signal }) => {
      const order = await placeOrder(services, request, signal);
      log("checkoutservice", "order placed", { orderId: order.orderId, items: order.items.length });
      return { order };
    },
  });
});
