/** Which claims lose their data when a twin namespace goes: told before it is done. Upstream says nothing. */
import type { PersistentVolume } from "kubernetes-types/core/v1";
import { REMOTE_CLUSTER_ID, REPLICATED } from "#api/labels.ts";
import { type NamespaceMap, namespaceMaps } from "#api/offloading/namespace.ts";
import { STORAGE_PROVISIONER } from "#api/offloading/storage-class.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { persistentVolumes } from "#machinery/builtin.ts";
import { isForbidden } from "#machinery/status-error.ts";
import { PROVISIONED_BY } from "#machinery/volume.ts";
import type { Printer, Scope } from "../../printer/printer.ts";

// A screen has some 25 lines.
const MAX_NAMES = 10;

/** What goes: the twins of these namespaces, or all that are at a provider. */
export type Going = { readonly namespaces: readonly string[] } | { readonly provider: string };

/** A claim at home whose data lies at a provider. */
export interface RemoteClaim {
  readonly provider: string;
  readonly namespace: string;
  readonly name: string;
  readonly size: string;
}

/** Whether there are any, or nobody may know. */
export async function tellLostClaims(
  ctx: Context,
  printer: Printer,
  { client, scope }: { readonly client: KubeClient; readonly scope: Scope },
  going: Going,
): Promise<boolean> {
  try {
    const { items: volumes } = await client.list(ctx, persistentVolumes);
    const { items: maps } = await client.list(ctx, namespaceMaps, { labelSelector: `${REPLICATED}!=true` });
    const lines = lostClaims(volumes, maps, going);
    for (const line of lines) printer.warning(scope, line);
    return lines.length > 0;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    printer.warning(scope, `Volumes at providers lose their data, if there are any: ${messageOf(error)}`);
    return true;
  }
}

/** A line per provider that has volumes of claims of home in the twins that go. */
export function lostClaims(
  volumes: readonly PersistentVolume[],
  maps: readonly NamespaceMap[],
  going: Going,
): string[] {
  const lost = claimsLost(volumes, maps, going);
  const providers = [...new Set(lost.map(({ provider }) => provider))].sort();
  return providers.map((provider) => {
    const theirs = lost.filter((claim) => claim.provider === provider);
    const count = theirs.length === 1 ? "1 claim" : `${theirs.length} claims`;
    return `The data of ${count} at ${provider} will be lost: ${named(theirs)}; \`liqoctl move volume\` brings it home`;
  });
}

export function claimsLost(
  volumes: readonly PersistentVolume[],
  maps: readonly NamespaceMap[],
  going: Going,
): RemoteClaim[] {
  return volumes.flatMap((volume) => remoteClaimOf(volume) ?? []).filter((claim) => goes(claim, maps, going));
}

/** Without a twin the data is gone already. */
function goes({ provider, namespace }: RemoteClaim, maps: readonly NamespaceMap[], going: Going): boolean {
  const isMeant = "provider" in going ? going.provider === provider : going.namespaces.includes(namespace);
  const map = maps.find(({ metadata }) => metadata?.name === provider);
  return isMeant && map?.status?.currentMapping?.[namespace] !== undefined;
}

function remoteClaimOf({ metadata, spec }: PersistentVolume): RemoteClaim | undefined {
  if (metadata?.annotations?.[PROVISIONED_BY] !== STORAGE_PROVISIONER) return undefined;
  const expressions = spec?.nodeAffinity?.required?.nodeSelectorTerms.flatMap((term) => term.matchExpressions ?? []);
  const provider = expressions?.find(({ key }) => key === REMOTE_CLUSTER_ID)?.values?.[0];
  const { namespace, name } = spec?.claimRef ?? {};
  if (provider === undefined || namespace === undefined || name === undefined) return undefined;
  return { provider, namespace, name, size: spec?.capacity?.["storage"] ?? "?" };
}

function named(claims: readonly RemoteClaim[]): string {
  const names = claims.map(({ namespace, name, size }) => `${namespace}/${name} (${size})`).sort();
  const more = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  return `${names.slice(0, MAX_NAMES).join(", ")}${more}`;
}
