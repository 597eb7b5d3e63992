/** Empties a namespace that is being deleted and lets it go. Kubernetes: pkg/controller/namespace/deletion */
import type { Namespace } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { collectionPath, objectPath } from "#kube/client/client.ts";
import { type DiscoveredResource, discoverResources } from "#kube/client/discovery.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { KubeList, KubeObject, ObjectKey } from "#machinery/meta.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";
import { finalized, isContent, isEnding, remainder, remainingConditions } from "./plan.ts";

// The content goes by itself (grace periods, finalizers): look again soon.
const RECHECK_MS = 250;

export function namespaceController(deps: Deps): Controller {
  const informer = deps.informers.for(namespaces);
  return {
    name: "namespace",
    workers: 3,
    watches: [watchFor(informer, ({ metadata }) => metadata?.deletionTimestamp !== undefined)],
    reconcile: (ctx, key) => reconcile(ctx, deps, key),
  };
}

async function reconcile(ctx: Context, deps: Deps, key: ObjectKey): Promise<Result> {
  const namespace = await deps.client.find(ctx, namespaces, key);
  if (!isEnding(namespace)) return DONE;
  const remaining: string[] = [];
  for (const resource of (await discoverResources(ctx, deps.client)).filter(isContent)) {
    const count = await empty(ctx, deps, resource, key.name);
    if (count > 0) remaining.push(remainder(resource, count));
  }
  if (remaining.length > 0) {
    await report(ctx, deps, namespace, remaining);
    return { requeueAfterMs: RECHECK_MS };
  }
  await finalize(ctx, deps, namespace);
  return DONE;
}

/** Deletes all objects of a resource and returns how many are still there. */
async function empty(ctx: Context, deps: Deps, resource: DiscoveredResource, namespace: string): Promise<number> {
  const path = collectionPath(resource, namespace);
  const before = await list(ctx, deps, path);
  if (before.length === 0) return 0;
  const live = before.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
  if (live.length > 0 && resource.verbs.includes("deletecollection"))
    await deps.client.raw(ctx, "DELETE", path, { kind: "DeleteOptions", apiVersion: "v1" });
  else {
    const keys = live.map(({ metadata }) => ({ namespace, name: metadata?.name ?? "" }));
    await Promise.all(keys.map((each) => deps.client.deleteIfPresent(ctx, resource, each)));
  }
  return (await list(ctx, deps, path)).length;
}

async function list(ctx: Context, deps: Deps, path: string): Promise<readonly KubeObject[]> {
  try {
    const { items } = await deps.client.raw<KubeList<KubeObject>>(ctx, "GET", path);
    return items ?? [];
  } catch (error) {
    // The kind vanished meanwhile (its CRD was deleted).
    if (isNotFound(error)) return [];
    ctx.log.warn("namespace content not listed", { path, error: messageOf(error) });
    throw error;
  }
}

async function report(ctx: Context, deps: Deps, namespace: Namespace, remaining: readonly string[]): Promise<void> {
  const conditions = remainingConditions(namespace, remaining, deps.nowMs());
  if (conditions === undefined) return;
  const key = { name: namespace.metadata?.name ?? "" };
  const body = { status: { conditions } };
  try {
    await deps.client.patch(ctx, namespaces, key, "merge", body, { subresource: "status" });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

async function finalize(ctx: Context, deps: Deps, namespace: Namespace): Promise<void> {
  const path = objectPath(namespaces, { name: namespace.metadata?.name ?? "" }, "finalize");
  try {
    await deps.client.raw(ctx, "PUT", path, finalized(namespace));
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
