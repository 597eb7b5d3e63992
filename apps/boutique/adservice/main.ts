/** Ad service. */
import { AdService } from "../gen/hipstershop_pb.ts";
import { serve } from "../rpc/process.ts";
import { chooseAds } from "./ads.ts";

await serve("adservice", 9555, (router) => {
  router.service(AdService, { getAds: ({ contextKeys }) => ({ ads: chooseAds(contextKeys, Math.random) }) });
});
