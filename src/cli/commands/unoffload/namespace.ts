/** `liqoctl unoffload namespace`. Upstream: pkg/liqoctl/unoffload */
import * as labels from "#api/labels.ts";
import { type NamespaceMap, namespaceMaps, namespaceOffloadings } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { OFFLOADING_NAME, requireNamespace } from "../../namespaces.ts";
import type { Printer } from "../../printer/printer.ts";

export async function unoffloadNamespace(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  namespace: string,
  timeoutMs: number,
): Promise<void> {
  await requireNamespace(
    ctx,
    cluster,
    namespace,
    "see `kubectl get namespaceoffloading -A` for those that are offloaded",
  );
  await printer.step("local", `Namespace ${namespace} is local again`, async () => {
    const key = { namespace, name: OFFLOADING_NAME };
    await cluster.client.deleteIfPresent(ctx, namespaceOffloadings, key);
    await waitFor(ctx, cluster.client, namespaceOffloadings, key, {
      until: (found) => found === undefined,
      timeoutMs,
      what: "the twin namespaces are not gone",
    });
  });
  const { items: maps } = await cluster.client.list(ctx, namespaceMaps, {
    labelSelector: `${labels.REPLICATED}!=true`,
  });
  for (const line of owedRemovals(namespace, maps)) printer.warning("local", line);
}

/** A provider that does not answer is told later: until then the map tells of a twin that it does not ask for. */
export function owedRemovals(namespace: string, maps: readonly NamespaceMap[]): string[] {
  return maps.flatMap(({ metadata, spec, status }) => {
    const twin = status?.currentMapping?.[namespace];
    if (twin === undefined || spec?.desiredMapping?.[namespace] !== undefined) return [];
    return [
      `${metadata?.name} does not answer: its namespace ${twin.remoteNamespace} and what runs there go when it is back`,
    ];
  });
}
