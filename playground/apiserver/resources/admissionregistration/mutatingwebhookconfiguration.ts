/** Mutating webhooks. Kubernetes: pkg/registry/admissionregistration/mutatingwebhookconfiguration */
import type { MutatingWebhookConfiguration } from "kubernetes-types/admissionregistration/v1";
import { mutatingWebhookConfigurations } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { common, setWebhookDefaults } from "./webhooks.ts";

export const mutatingWebhookConfigurationStrategy = anyStrategy<MutatingWebhookConfiguration>({
  resource: mutatingWebhookConfigurations,
  singular: "mutatingwebhookconfiguration",
  setDefaults: ({ webhooks }) => {
    for (const webhook of webhooks ?? []) {
      setWebhookDefaults(webhook);
      webhook.reinvocationPolicy ??= "Never";
    }
  },
  ...common<MutatingWebhookConfiguration>(),
});
