/** Reads what there is of a cluster, object by object, without their content. GET and LIST only. */
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { type DiscoveredResource, discoverResources } from "#kube/client/discovery.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { isForbidden, isNotFound, StatusError } from "#machinery/status-error.ts";

export interface Found {
  readonly objects: readonly KubeObject[];
  /** Kinds that the user may not list there. */
  readonly unlisted: readonly string[];
}

/** What `kinds` are to a server that does not tell. */
export async function kindsOf(ctx: Context, client: KubeClient): Promise<DiscoveredResource[]> {
  const all = await discoverResources(ctx, client);
  return all.filter(({ verbs, group }) => verbs.includes("list") && group !== "metrics.k8s.io");
}

/** All that lies in the namespaces. Bindings have their content: it says what they grant. */
export async function objectsIn(
  ctx: Context,
  client: KubeClient,
  kinds: readonly DiscoveredResource[],
  namespaces: readonly string[],
): Promise<Found> {
  const asked = namespaces.flatMap((namespace) =>
    kinds.filter(({ namespaced }) => namespaced).map((kind) => listKind(ctx, client, kind, namespace)),
  );
  return merge(await Promise.all(asked));
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
    return { objects: items.map((item) => ({ ...item, apiVersion: versionOf(kind), kind: kind.kind })), unlisted: [] };
  } catch (error) {
    if (isNotFound(error) || (error instanceof StatusError && error.code === 405)) return { objects: [], unlisted: [] };
    if (isForbidden(error)) return { objects: [], unlisted: [kind.plural] };
    throw error;
  }
}

function versionOf({ group, version }: DiscoveredResource): string {
  return group === "" ? version : `${group}/${version}`;
}

function merge(all: readonly Found[]): Found {
  return {
    objects: all.flatMap(({ objects }) => objects),
    unlisted: [...new Set(all.flatMap(({ unlisted }) => unlisted))].sort(),
  };
}
