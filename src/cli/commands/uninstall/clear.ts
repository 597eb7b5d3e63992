/**
 * What has to be done while the controllers still run, before the chart goes: by `liqoctl uninstall`, and by the chart's own
 * hook for whoever uninstalls it with Helm alone. Upstream: cmd/uninstaller, pkg/liqoctl/utils (PreUninstall)
 */

import { PREINSTALLED, UNINSTALLING } from "#api/annotations.ts";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { namespaceOffloadings } from "#api/offloading/namespace.ts";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { deployments } from "#machinery/builtin.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import type { Cluster } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { OWN_KINDS } from "../../plan/uninstalling.ts";

const POLL_MS = 100;

/** Repeatable. Throws a CliError with what is left after the time. */
export async function removeOwnObjects(
  ctx: Context,
  cluster: Pick<Cluster, "client" | "liqoNamespace">,
  timeoutMs: number,
): Promise<void> {
  const hasControllers = await announce(ctx, cluster);
  // While the controllers still run: they take their finalizers off.
  for (const resource of OWN_KINDS) {
    await removeEverywhere(ctx, cluster.client, resource, timeoutMs, hasControllers);
  }
}

/** Tells the controllers not to make again what goes now; false when there are none. */
async function announce(
  ctx: Context,
  { client, liqoNamespace }: Pick<Cluster, "client" | "liqoNamespace">,
): Promise<boolean> {
  const body = { metadata: { annotations: { [UNINSTALLING]: "true" } } };
  try {
    await client.patch(ctx, deployments, { namespace: liqoNamespace, name: CONTROLLER_MANAGER }, "merge", body);
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return false;
  }
}

/** Throws a CliError that names what still depends on Liqo. */
export async function checkUnused(ctx: Context, client: KubeClient): Promise<void> {
  const blocking: string[] = [];
  for (const resource of [
    namespaceOffloadings,
    resourceSlices,
    tenants,
    identities,
    configurations,
    ips,
    networks,
  ] as readonly Resource<KubeObject>[]) {
    const items = (await listOrNone(ctx, client, resource)).filter((item) => !isOwn(resource, item));
    blocking.push(...items.map((item) => `${resource.kind} ${formatKey(keyOf(item))}`));
  }
  if (blocking.length > 0) {
    throw new CliError(`Liqo is still in use: ${blocking.join(", ")}`, {
      hint: "first `liqoctl unoffload namespace …` and `liqoctl unpeer …`; for a peer that is gone `liqoctl force unpeer <id>`",
    });
  }
}

/** What Liqo made for itself, and what nothing waits for: upstream counts IPs and Networks with finalizers only. */
function isOwn(resource: Resource, { metadata }: KubeObject): boolean {
  if (resource.kind !== "IP" && resource.kind !== "Network") return false;
  const preinstalled = metadata?.annotations?.[PREINSTALLED];
  return (preinstalled !== undefined && preinstalled !== "false") || (metadata?.finalizers ?? []).length === 0;
}

/** Deletes until there is none: what was written a moment before the controllers heard of it goes too. */
async function removeEverywhere(
  ctx: Context,
  client: KubeClient,
  resource: Resource<KubeObject>,
  timeoutMs: number,
  hasControllers: boolean,
): Promise<void> {
  const limited = withTimeout(ctx, timeoutMs);
  for (;;) {
    const items = await listOrNone(ctx, client, resource);
    if (items.length === 0) return;
    for (const item of items)
      if (item.metadata?.deletionTimestamp === undefined) await client.deleteIfPresent(ctx, resource, keyOf(item));
    if (limited.signal.aborted) {
      const names = items.map(({ metadata }) => `${metadata?.name} (${metadata?.finalizers?.join(", ") ?? ""})`);
      throw new CliError(
        `${formatGroupResource(resource)} ${names.join(", ")} still exist after ${Math.round(timeoutMs / 1000)} s`,
        {
          hint: hasControllers
            ? "are liqo-controller-manager and liqo-fabric running? They remove these finalizers"
            : "liqo-controller-manager, which removes these finalizers, is gone: install Liqo again, then uninstall it",
        },
      );
    }
    await sleep(limited, POLL_MS);
  }
}

/** An interrupted uninstall has already removed the kind. */
async function listOrNone(ctx: Context, client: KubeClient, resource: Resource<KubeObject>): Promise<KubeObject[]> {
  try {
    return (await client.list(ctx, resource)).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
