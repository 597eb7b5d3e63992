/** Deletes what a listing finds. */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";

export type Kinds = readonly Resource<KubeObject>[];

export interface Which {
  readonly namespace: string;
  readonly labelSelector?: string;
}

export interface RemovalOptions {
  readonly timeoutMs: number;
  /** For the network and the namespaces; what comes before must be gone for them to go. */
  readonly wait: boolean;
}

export async function removeAll(
  ctx: Context,
  client: KubeClient,
  resource: Resource<KubeObject>,
  which: Which,
): Promise<void> {
  const { items } = await client.list(ctx, resource, which);
  for (const item of items) await client.deleteIfPresent(ctx, resource, keyOf(item));
}
