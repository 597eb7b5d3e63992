/** Which resources a server has. Kubernetes: client-go/discovery */
import type { Context } from "#base/context.ts";
import type { Resource } from "#machinery/gvk.ts";
import { StatusError } from "#machinery/status-error.ts";
import type { KubeClient } from "./client.ts";

export interface DiscoveredResource extends Resource {
  readonly verbs: readonly string[];
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

/**
 * All resources of the preferred version of each group, subresources left out. `onUnavailable` is told of groups whose own
 * server does not answer, which are left out then; without it that is an error.
 */
export async function discoverResources(
  ctx: Context,
  client: KubeClient,
  onUnavailable?: (group: string) => void,
): Promise<DiscoveredResource[]> {
  const { groups } = await client.raw<{ groups: { name: string; preferredVersion: { version: string } }[] }>(
    ctx,
    "GET",
    "/apis",
  );
  const versions: GroupVersion[] = [
    { group: "", version: "v1" },
    ...groups.map(({ name, preferredVersion }) => ({ group: name, version: preferredVersion.version })),
  ];
  const lists = versions.map(async (gv) => {
    try {
      return await resourcesOf(ctx, client, gv);
    } catch (error) {
      if (onUnavailable === undefined || !(error instanceof StatusError) || error.code !== 503) throw error;
      onUnavailable(gv.group);
      return [];
    }
  });
  return (await Promise.all(lists)).flat();
}

async function resourcesOf(
  ctx: Context,
  client: KubeClient,
  { group, version }: GroupVersion,
): Promise<DiscoveredResource[]> {
  const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const { resources } = await client.raw<{ resources: ApiResource[] }>(ctx, "GET", path);
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map(({ name, kind, namespaced, verbs }) => ({ group, version, plural: name, kind, namespaced, verbs }));
}
