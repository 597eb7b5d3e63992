/** Product catalogue. EXTRA_LATENCY (such as 500ms) delays every answer, for experiments. */
import { Code, ConnectError } from "@connectrpc/connect";
import { ProductCatalogService } from "../gen/hipstershop_pb.ts";
import { serve } from "../rpc/process.ts";
import { findProduct, PRODUCTS, searchProducts } from "./catalogue.ts";

const latency = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(process.env["EXTRA_LATENCY"] ?? "");
const latencyMs = latency === null ? 0 : Number(latency[1]) * (latency[2] === "s" ? 1_000 : 1);

async function delayed<T>(answer: () => T): Promise<T> {
  if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
  return answer();
}

await serve("productcatalogservice", 3550, (router) => {
  router.service(ProductCatalogService, {
    listProducts: () => delayed(() => ({ products: [...PRODUCTS] })),
    getProduct: ({ id }) =>
      delayed(() => {
        const product = findProduct(id);
        if (product === undefined) throw new ConnectError(`no product with ID ${id}`, Code.NotFound);
        return product;
      }),
    searchProducts: ({ query }) => delayed(() => ({ results: searchProducts(query) })),
  });
});
