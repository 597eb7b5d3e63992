/** How an object for a peer is made or printed. Upstream: pkg/liqoctl/rest */
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { requireRights } from "../../checks/rights.ts";
import { peerIds } from "../../command/candidates.ts";
import { type FlagValues, flag } from "../../command/flag.ts";
import { liqoNamespaceFlag, outputFlag, scopeFlags } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import type { PeerScope } from "../../peering/peer-scope.ts";
import { ofPeer, type Side } from "../../peering/side.ts";
import { formatObjects } from "../../printer/object.ts";
import type { Printer } from "../../printer/printer.ts";
import { ensureTenantNamespace, forgeTenantNamespace } from "../../tenant.ts";

export const remoteClusterIdFlag = flag.required("id of the peer", "id", { complete: peerIds });

export const createFlags = {
  ...scopeFlags,
  ...liqoNamespaceFlag,
  output: outputFlag("print the object, change nothing"),
  remoteClusterId: remoteClusterIdFlag,
};

export interface Wanted<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly object: T;
  /** Whether there may be one for each peer. */
  readonly isSingle: boolean;
}

/** Prints what would be made: the namespace too, as long as there is none. */
export function printWanted<T extends KubeObject>(
  printer: Printer,
  { side, isKnown }: PeerScope,
  { resource, object }: Pick<Wanted<T>, "resource" | "object">,
  format: NonNullable<FlagValues<typeof createFlags>["output"]>,
): void {
  const { client } = side.cluster;
  const namespace = isKnown ? [] : [client.complete(namespaces, forgeTenantNamespace(side.peerId))];
  printer.print(formatObjects([...namespace, client.complete(resource, object)], format));
}

/** Makes the object, or changes the one of its name; and the namespace that it lies in. Repeatable. */
export async function createObject<T extends KubeObject>(
  ctx: Context,
  printer: Printer,
  { side, isKnown }: PeerScope,
  wanted: Wanted<T>,
): Promise<T> {
  const { client } = side.cluster;
  const { resource, object } = wanted;
  if (isKnown) await requireFree(ctx, side, wanted);
  await requireCreation(ctx, { side, isKnown }, resource);
  if (!isKnown) await ensureTenantNamespace(ctx, client, side.peerId);
  return printer.step("local", `${resource.kind} ${object.metadata?.name} created`, () =>
    client.apply(ctx, resource, object),
  );
}

/** Throws a CliError that names the rights that are missing. */
export async function requireCreation(ctx: Context, { side, isKnown }: PeerScope, resource: Resource): Promise<void> {
  await requireRights(ctx, side.cluster, [
    ...(isKnown ? [] : [{ verb: "create", resource: namespaces } as const]),
    { verb: "create", resource, namespace: side.namespace },
  ]);
}

/** Throws a CliError when the name is another's, or the peer has one of another name. */
async function requireFree<T extends KubeObject>(ctx: Context, side: Side, wanted: Wanted<T>): Promise<void> {
  const { resource, object, isSingle } = wanted;
  const { client } = side.cluster;
  const { name = "" } = object.metadata ?? {};
  const found = await client.find(ctx, resource, keyOf(object));
  const owner = ownerOf(found, side.peerId);
  if (owner !== undefined)
    throw new CliError(`${resource.kind} ${side.namespace}/${name} is there already: ${owner}`, {
      hint: "choose another name",
    });
  if (!isSingle) return;
  const { items } = await client.list(ctx, resource, { namespace: side.namespace, labelSelector: ofPeer(side.peerId) });
  const other = items.find(({ metadata }) => metadata?.name !== name)?.metadata?.name;
  if (other !== undefined)
    throw new CliError(`cluster ${side.peerId} has the ${resource.kind} ${other} already, and there may be one`, {
      hint: `name that one to change it, or \`liqoctl delete ${resource.kind.toLowerCase()} ${other}\` first`,
    });
}

/** Whose an object is, when it is not this cluster's own for the peer. */
function ownerOf(found: KubeObject | undefined, peerId: string): string | undefined {
  const own = found?.metadata?.labels;
  if (found === undefined) return undefined;
  if (own?.[labels.REPLICATED] === "true") return `cluster ${peerId} has sent it`;
  const peer = own?.[labels.REMOTE_CLUSTER_ID];
  return peer === peerId ? undefined : peer === undefined ? "it is of no peer" : `it is for cluster ${peer}`;
}
