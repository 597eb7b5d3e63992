/** Validating webhooks. Kubernetes: pkg/registry/admissionregistration/validatingwebhookconfiguration */
import type { ValidatingWebhookConfiguration } from "kubernetes-types/admissionregistration/v1";
import { validatingWebhookConfigurations } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { common, setWebhookDefaults } from "./webhooks.ts";

export const validatingWebhookConfigurationStrategy = anyStrategy<ValidatingWebhookConfiguration>({
  resource: validatingWebhookConfigurations,
  singular: "validatingwebhookconfiguration",
  setDefaults: ({ webhooks }) => {
    for (const webhook of webhooks ?? []) setWebhookDefaults(webhook);
  },
  ...common<ValidatingWebhookConfiguration>(),
});
