/** Payment service: checks the card and charges nothing. */
import { randomUUID } from "node:crypto";
import { PaymentService } from "../gen/hipstershop_pb.ts";
import { formatMoney } from "../rpc/money.ts";
import { log, serve } from "../rpc/process.ts";
import { acceptCard } from "./card.ts";

await serve("paymentservice", 50051, (router) => {
  router.service(PaymentService, {
    charge: ({ amount, creditCard }) => {
      const type = acceptCard(creditCard, new Date());
      const transactionId = randomUUID();
      log("paymentservice", "charged", { type, amount: formatMoney(amount), transactionId });
      return { transactionId };
    },
  });
});
