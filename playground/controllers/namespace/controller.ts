/** Empties a namespace that is being deleted and lets it go. Kubernetes: pkg/controller/namespace/deletion */
import type { Namespace } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { collectionPath, objectPath } from "#kube/client/client.ts";
import { discoverResources } from "#kube/client/discovery.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { namespaces } from "#machinery/builtin.ts";
import { type Condition, withCondition } from "#machinery/conditions.ts";
import type { KubeList, KubeObject } from "#machinery/meta.ts";
import { isConflict, isNotFound } from "#machinery/status-error.ts";
import type { Deps } from "../deps.ts";

export function namespaceController(deps: Deps): Controller {
  const informer = deps.informers.for(namespaces);
  return {
    name: "namespace",
    workers: 3,
    watches: [watchFor(informer, ({ metadata }) => metadata?.deletionTimestamp !== undefined)],
    reconcile: async (ctx, key): Promise<Result> => {
      const namespace = await deps.client.find(ctx, namespaces, key);
      if (namespace?.metadata?.deletionTimestamp === undefined) return DONE;
      if (!(namespace.spec?.finalizers ?? []).includes("kubernetes")) return DONE;
      const remaining = await empty(ctx, deps, key.name);
      if (remaining.length > 0) {
        await report(ctx, deps, namespace, remaining);
        // The content goes by itself (grace periods, finalizers): look again soon.
        return { requeueAfterMs: 250 };
      }
      await finalize(ctx, deps, namespace);
      return DONE;
    },
  };
}

/** Deletes everything inside and returns what is still there, as `resource (count)`. */
async function empty(ctx: Context, deps: Deps, namespace: string): Promise<string[]> {
  const resources = (await discoverResources(ctx, deps.client)).filter(
    (resource) => resource.namespaced && resource.verbs.includes("delete") && resource.verbs.includes("list"),
  );
  const remaining: string[] = [];
  for (const resource of resources) {
    const path = collectionPath(resource, namespace);
    const before = await list(ctx, deps, path);
    if (before.length === 0) continue;
    const live = before.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
    if (live.length > 0) {
      if (resource.verbs.includes("deletecollection"))
        await deps.client.raw(ctx, "DELETE", path, { kind: "DeleteOptions", apiVersion: "v1" });
      else
        await Promise.all(
          live.map((object) =>
            deps.client.deleteIfPresent(ctx, resource, { namespace, name: object.metadata?.name ?? "" }),
          ),
        );
    }
    const after = await list(ctx, deps, path);
    if (after.length > 0)
      remaining.push(
        `${resource.plural}${resource.group === "" ? "." : `.${resource.group}`} has ${after.length} resource instances`,
      );
  }
  return remaining;
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
  const condition: Condition = {
    type: "NamespaceContentRemaining",
    status: "True",
    reason: "SomeResourcesRemain",
    message: `Some resources are remaining: ${remaining.join(", ")}`,
  };
  const before = namespace.status?.conditions?.find(({ type }) => type === condition.type);
  if (before?.message === condition.message) return;
  const conditions = withCondition<Condition>(
    namespace.status?.conditions as Condition[] | undefined,
    condition,
    deps.nowMs(),
  );
  try {
    await deps.client.patch(
      ctx,
      namespaces,
      { name: namespace.metadata?.name ?? "" },
      "merge",
      { status: { conditions } },
      { subresource: "status" },
    );
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

async function finalize(ctx: Context, deps: Deps, namespace: Namespace): Promise<void> {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((name) => name !== "kubernetes");
  const path = objectPath(namespaces, { name: namespace.metadata?.name ?? "" }, "finalize");
  try {
    await deps.client.raw(ctx, "PUT", path, {
      ...namespace,
      apiVersion: "v1",
      kind: "Namespace",
      spec: { ...namespace.spec, finalizers },
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
