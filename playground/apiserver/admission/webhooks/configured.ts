/** The webhooks of all configurations, in calling order, with what is compiled once. Follows the store. */
import type {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "kubernetes-types/admissionregistration/v1";
import type { Resource } from "#machinery/gvk.ts";
import type { ObjectReader } from "../../request.ts";
import { type CompiledConditions, compileConditions, type Webhook } from "./matching.ts";

export interface ConfiguredWebhook {
  readonly webhook: Webhook;
  readonly conditions: CompiledConditions;
}

type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

/** A function that gives the current list; made again only after a change. */
export function configuredWebhooks<T extends Configuration>(
  reader: ObjectReader,
  resource: Resource<T>,
  signal: AbortSignal,
): () => readonly ConfiguredWebhook[] {
  let list: readonly ConfiguredWebhook[] | undefined;
  reader.onChange(resource, signal, () => {
    list = undefined;
  });
  return () => {
    list ??= sortByName(reader.list(resource, "")).flatMap((configuration) =>
      (configuration.webhooks ?? []).map((webhook) => ({ webhook, conditions: compileConditions(webhook) })),
    );
    return list;
  };
}

function sortByName<T extends Configuration>(configurations: readonly T[]): T[] {
  const name = (configuration: T): string => configuration.metadata?.name ?? "";
  return [...configurations].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}
