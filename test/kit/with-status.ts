/** An object together with the status that its controller would write, for tests in which that controller does not run. */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf, type ObjectKey } from "#machinery/meta.ts";

export async function createWithStatus<T extends KubeObject & { readonly status?: unknown }>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
): Promise<void> {
  await client.create(ctx, resource, object);
  await writeStatus(ctx, client, resource, keyOf(object), object.status);
}

export async function writeStatus(
  ctx: Context,
  client: KubeClient,
  resource: Resource,
  key: ObjectKey,
  status: unknown,
): Promise<void> {
  await client.patch(ctx, resource, key, "merge", { status }, { subresource: "status" });
}
