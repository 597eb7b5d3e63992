/** Shipping service. */
import { ShippingService } from "../gen/hipstershop_pb.ts";
import { serve } from "../rpc/process.ts";
import { quote, trackingId } from "./shipping.ts";

await serve("shippingservice", 50051, (router) => {
  router.service(ShippingService, {
    getQuote: ({ items }) => ({ costUsd: quote(items) }),
    shipOrder: ({ address }) => ({ trackingId: trackingId(address, Math.random) }),
  });
});
