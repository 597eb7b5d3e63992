/** What ./uninstalling.ts has to know. Reads only. */
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { namespaces, persistentVolumeClaims } from "#machinery/builtin.ts";
import { type Cluster, findClusterId } from "../cluster.ts";
import { kindsOf, objectsIn, objectsOf } from "./objects.ts";
import type { UninstallFacts } from "./uninstalling.ts";

export async function uninstallFacts(ctx: Context, cluster: Cluster): Promise<UninstallFacts> {
  const { client, liqoNamespace } = cluster;
  const [id, kinds, spaces] = await Promise.all([
    findClusterId(ctx, cluster),
    kindsOf(ctx, client),
    client.list(ctx, namespaces),
  ]);
  const labelled = (key: string): string[] =>
    spaces.items
      .filter(({ metadata }) => metadata?.labels?.[key] === "true")
      .flatMap(({ metadata }) => metadata?.name ?? []);
  const storage = labelled(labels.STORAGE_NAMESPACE);
  const [everywhere, inside, claims] = await Promise.all([
    objectsOf(
      ctx,
      client,
      kinds.all.filter(({ namespaced, group }) => !namespaced || group.endsWith(".liqo.io")),
    ),
    objectsIn(ctx, client, kinds, [liqoNamespace, ...labelled(labels.TENANT_NAMESPACE), ...storage]),
    Promise.all(storage.map((namespace) => client.list(ctx, persistentVolumeClaims, { namespace, limit: 1 }))),
  ]);
  return {
    id: id ?? cluster.server,
    liqoNamespace,
    objects: [...everywhere.objects, ...inside.objects],
    unlisted: [...new Set([...everywhere.unlisted, ...inside.unlisted])],
    storageNamespacesInUse: new Set(storage.filter((_, i) => (claims[i]?.items.length ?? 0) > 0)),
  };
}
