/** Currency service: 33 currencies relative to the euro. */
import { CurrencyService } from "../gen/hipstershop_pb.ts";
import { serve } from "../rpc/process.ts";
import { convert } from "./convert.ts";
import { RATES } from "./rates.ts";

await serve("currencyservice", 7000, (router) => {
  router.service(CurrencyService, {
    getSupportedCurrencies: () => ({ currencyCodes: Object.keys(RATES) }),
    convert: ({ from, toCode }) => convert(from, toCode),
  });
});
