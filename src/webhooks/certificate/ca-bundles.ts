/** Makes the API server trust the webhook server: `caBundle` of every configuration labelled `liqo.io/webhook`. */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";

/** What both kinds of configuration have in common. */
export interface WebhookConfiguration extends KubeObject {
  webhooks?: { clientConfig: { caBundle?: string } }[];
}

export const WEBHOOK_LABEL = "liqo.io/webhook";

export const CONFIGURATIONS: readonly Resource<WebhookConfiguration>[] = [
  mutatingWebhookConfigurations,
  validatingWebhookConfigurations,
];

/** `ca` is PEM. Repeatable. */
export async function ensureCaBundles(ctx: Context, client: KubeClient, ca: string): Promise<void> {
  const caBundle = Buffer.from(ca).toString("base64");
  for (const resource of CONFIGURATIONS) {
    const { items } = await client.list(ctx, resource, { labelSelector: WEBHOOK_LABEL });
    for (const configuration of items) {
      const stale = (configuration.webhooks ?? []).flatMap((webhook, i) =>
        webhook.clientConfig.caBundle === caBundle ? [] : [i],
      );
      if (stale.length === 0) continue;
      const patch = stale.map((i) => ({ op: "add", path: `/webhooks/${i}/clientConfig/caBundle`, value: caBundle }));
      await client.patch(ctx, resource, keyOf(configuration), "json", patch);
    }
  }
}
