/** An object together with the status that its controller would write, for tests in which that controller does not run. */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";

export async function createWithStatus<T extends KubeObject & { readonly status?: unknown }>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
): Promise<void> {
  await client.create(ctx, resource, object);
  await writeStatus(ctx, client, resource, object, object.status);
}

export async function writeStatus<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  status: unknown,
): Promise<void> {
  await client.patch(ctx, resource, keyOf(object), "merge", { status }, { subresource: "status" });
}
