/** Reads what there is of a cluster, object by object, without their content. GET and LIST only. */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { type DiscoveredResource, discoverResources } from "#kube/client/discovery.ts";
import { apiVersionOf, type Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isForbidden, isNotFound } from "#machinery/status-error.ts";
import { isTold } from "./model.ts";

export interface Found {
  readonly objects: readonly KubeObject[];
  /** Kinds, or groups of them, of which nobody knows what there is. */
  readonly unlisted: readonly string[];
}

export interface Kinds {
  readonly all: readonly DiscoveredResource[];
  /** Groups whose own server does not answer. */
  readonly unlisted: readonly string[];
}

/** Those that a plan tells of. */
export async function kindsOf(ctx: Context, client: KubeClient): Promise<Kinds> {
  const unlisted: string[] = [];
  const found = await discoverResources(ctx, client, (group) => unlisted.push(group));
  return {
    all: found.filter(({ verbs, kind, group }) => verbs.includes("list") && isTold({ kind }) && !isMeasured(group)),
    unlisted: unlisted.filter((group) => !isMeasured(group)),
  };
}

/** What is measured of objects is none. */
function isMeasured(group: string): boolean {
  return group.endsWith("metrics.k8s.io");
}

/** All that lies in the namespaces. Bindings have their content: it says what they grant. */
export async function objectsIn(
  ctx: Context,
  client: KubeClient,
  { all, unlisted }: Kinds,
  namespaces: readonly string[],
): Promise<Found> {
  const found: Found[] = [{ objects: [], unlisted }];
  const inside = all.filter(({ namespaced }) => namespaced);
  // One after the other: a consumer may have very many.
  for (const namespace of namespaces)
    found.push(...(await Promise.all(inside.map((kind) => listKind(ctx, client, kind, namespace)))));
  return merge(found);
}

/** All of these kinds, wherever it lies. */
export async function objectsOf(
  ctx: Context,
  client: KubeClient,
  kinds: readonly DiscoveredResource[],
): Promise<Found> {
  return merge(await Promise.all(kinds.map((kind) => listKind(ctx, client, kind))));
}

async function listKind(
  ctx: Context,
  client: KubeClient,
  kind: DiscoveredResource,
  namespace?: string,
): Promise<Found> {
  const isBinding = kind.kind === "RoleBinding" || kind.kind === "ClusterRoleBinding";
  try {
    const { items } = await client.list(ctx, kind as Resource<KubeObject>, {
      ...(namespace !== undefined && { namespace }),
      metadataOnly: !isBinding,
    });
    // The server says PartialObjectMetadata.
    return {
      objects: items.map((item) => ({ ...item, apiVersion: apiVersionOf(kind), kind: kind.kind })),
      unlisted: [],
    };
  } catch (error) {
    // Its CRD went meanwhile.
    if (isNotFound(error)) return { objects: [], unlisted: [] };
    if (isForbidden(error)) return { objects: [], unlisted: [kind.plural] };
    throw error;
  }
}

function merge(all: readonly Found[]): Found {
  return {
    objects: all.flatMap(({ objects }) => objects),
    unlisted: [...new Set(all.flatMap(({ unlisted }) => unlisted))].sort(),
  };
}
