/** Finalizers are added and removed by a JSON patch that tests what it saw, so two writers never lose each other's. */
import type { Context } from "#base/context.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { KubeClient } from "../client/client.ts";

export function hasFinalizer(object: KubeObject, finalizer: string): boolean {
  return object.metadata?.finalizers?.includes(finalizer) ?? false;
}

/** The object with the finalizer present; a no-op when it already is. */
export function ensureFinalizer<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<T> {
  if (hasFinalizer(object, finalizer)) return Promise.resolve(object);
  return writeFinalizers(ctx, client, resource, object, [...(object.metadata?.finalizers ?? []), finalizer]);
}

/** Removes the finalizer; an object that is already gone is success. */
export async function removeFinalizer<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  finalizer: string,
): Promise<void> {
  if (!hasFinalizer(object, finalizer)) return;
  try {
    const rest = (object.metadata?.finalizers ?? []).filter((name) => name !== finalizer);
    await writeFinalizers(ctx, client, resource, object, rest);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function writeFinalizers<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  object: T,
  finalizers: string[],
): Promise<T> {
  const { uid, resourceVersion } = object.metadata ?? {};
  const body = { metadata: { uid, resourceVersion, finalizers } };
  return client.patch(ctx, resource, keyOf(object), "merge", body);
}
