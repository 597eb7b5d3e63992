/** The shop's web server. */
import {
  AdService,
  CartService,
  CheckoutService,
  CurrencyService,
  ProductCatalogService,
  RecommendationService,
  ShippingService,
} from "../gen/hipstershop_pb.ts";
import { connectTo } from "../rpc/client.ts";
import { log, required, untilTerminated } from "../rpc/process.ts";
import { createShop } from "./server.ts";

const env = process.env;
// Required as in the original, although nothing here assists.
required("SHOPPING_ASSISTANT_SERVICE_ADDR");
const server = createShop({
  services: {
    catalogue: connectTo(ProductCatalogService, required("PRODUCT_CATALOG_SERVICE_ADDR")),
    currency: connectTo(CurrencyService, required("CURRENCY_SERVICE_ADDR")),
    cart: connectTo(CartService, required("CART_SERVICE_ADDR")),
    recommendation: connectTo(RecommendationService, required("RECOMMENDATION_SERVICE_ADDR")),
    shipping: connectTo(ShippingService, required("SHIPPING_SERVICE_ADDR")),
    checkout: connectTo(CheckoutService, required("CHECKOUT_SERVICE_ADDR")),
    ad: connectTo(AdService, required("AD_SERVICE_ADDR")),
    warn: (message, error) => log("frontend", message, { error: String(error) }),
  },
  servedBy: { pod: env["HOSTNAME"] ?? "", node: env["NODE_NAME"] ?? "", cluster: clusterName(env["CLUSTER_NAME"]) },
  baseUrl: env["BASE_URL"] ?? "",
  message: env["FRONTEND_MESSAGE"] ?? "",
  bannerColor: env["BANNER_COLOR"] ?? "",
  platform: env["ENV_PLATFORM"] ?? "",
});
const port = Number(env["PORT"] ?? 8080);
server.listen(
  { port, ...(env["LISTEN_ADDR"] !== undefined && env["LISTEN_ADDR"] !== "" && { host: env["LISTEN_ADDR"] }) },
  () => {
    const address = server.address();
    log("frontend", "serving", { port: typeof address === "object" && address !== null ? address.port : port });
  },
);
await untilTerminated();
setTimeout(() => process.exit(0), 1_000).unref();
server.close(() => process.exit(0));
server.closeIdleConnections();

/** Set but empty means that Liqo has not taken the pod elsewhere; see the manifest. */
function clusterName(value: string | undefined): string {
  return value === "" ? "home" : (value ?? "");
}
