/** Recommendation service. */
import { ProductCatalogService, RecommendationService } from "../gen/hipstershop_pb.ts";
import { connectTo } from "../rpc/client.ts";
import { required, serve } from "../rpc/process.ts";
import { recommend } from "./recommend.ts";

const catalogue = connectTo(ProductCatalogService, required("PRODUCT_CATALOG_SERVICE_ADDR"));

await serve("recommendationservice", 8080, (router) => {
  router.service(RecommendationService, {
    listRecommendations: async ({ productIds }) => {
      const { products } = await catalogue.listProducts({});
      return {
        productIds: recommend(
          products.map(({ id }) => id),
          productIds,
          Math.random,
        ),
      };
    },
  });
});
