/** Email service: writes the confirmation into its log instead of sending it. */
import { EmailService } from "../gen/hipstershop_pb.ts";
import { log, serve } from "../rpc/process.ts";
import { confirmation } from "./confirmation.ts";

await serve("emailservice", 8080, (router) => {
  router.service(EmailService, {
    sendOrderConfirmation: ({ email, order }) => {
      log("emailservice", "confirmation sent", { to: email, text: confirmation(order) });
      return {};
    },
  });
});
