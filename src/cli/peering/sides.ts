/** Two clusters that are to be connected: who they are, whether all may be done, and their namespaces for each other. */
import type { Context } from "#base/context.ts";
import { tenantNamespaceName } from "#forge/names.ts";
import { namespaces, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { requireRights } from "../checks/rights.ts";
import { type Cluster, clusterIdOf } from "../cluster.ts";
import { CliError } from "../errors.ts";
import type { Scope } from "../printer/printer.ts";
import { ensureTenantNamespace, findTenantNamespace, requireTenantNamespace } from "../tenant.ts";
import { hasNonceSecret } from "./authentication/nonce.ts";
import { declareGone } from "./gone.ts";
import type { Side } from "./side.ts";

/** What one of the two is to do. */
export interface Part {
  readonly cluster: Cluster;
  /** What will be created in its namespace for the other one; its rights are asked for first. */
  readonly creates: readonly Resource[];
  /** Whether it is to give the other one a nonce. */
  readonly challenges?: boolean;
  /** Where that is to lie, as a person says: only the tenant namespace is right. */
  readonly namespace?: string | undefined;
}

/** The local and the remote side. Throws a CliError before the first change; makes the tenant namespaces. */
export async function joinSides(ctx: Context, local: Part, remote: Part): Promise<readonly [Side, Side]> {
  const [localId, remoteId] = await identify(ctx, local.cluster, remote.cluster);
  const parts = [
    { ...local, scope: "local", peerId: remoteId },
    { ...remote, scope: "remote", peerId: localId },
  ] as const;
  await Promise.all(parts.map((part) => requirePart(ctx, part, part.peerId)));
  // What was said of an earlier peering is no longer true: both answer.
  await Promise.all(parts.map(({ cluster, peerId }) => declareGone(ctx, cluster, peerId, false)));
  const [here, there] = parts;
  return Promise.all([makeSide(ctx, here), makeSide(ctx, there)]);
}

/** The ids of both. Throws a CliError unless Liqo is on both and they differ. */
async function identify(ctx: Context, local: Cluster, remote: Cluster): Promise<readonly [string, string]> {
  const ids = await Promise.all([clusterIdOf(ctx, local), clusterIdOf(ctx, remote)]);
  if (ids[0] !== ids[1]) return ids;
  throw new CliError(`both clusters have the id "${ids[0]}"`, {
    hint:
      local.server === remote.server
        ? "--remote-kubeconfig or --remote-context names the same cluster"
        : "cluster ids must differ: `liqoctl uninstall` Liqo on one of them and install it with another --cluster-id",
  });
}

/** The sides that have a namespace for each other: without one there is nothing to take back. Changes nothing. */
export async function findSides(
  ctx: Context,
  local: Omit<Part, "creates">,
  remote: Omit<Part, "creates">,
): Promise<{ readonly local: Side | undefined; readonly remote: Side | undefined }> {
  const [localId, remoteId] = await identify(ctx, local.cluster, remote.cluster);
  const find = async (scope: Scope, part: Omit<Part, "creates">, peerId: string) => {
    const namespace = await findTenantNamespace(ctx, part.cluster.client, peerId);
    requireTenantNamespace(peerId, namespace, part.namespace);
    return namespace === undefined ? undefined : { scope, cluster: part.cluster, peerId, namespace };
  };
  return {
    local: await find("local", local, remoteId),
    remote: await find("remote", remote, localId),
  };
}

/** One of two clusters that may not know of each other yet. */
export interface SeenSide {
  readonly id: string;
  /** Its namespace may be still to come. */
  readonly side: Side;
}

/** As joinSides, changing nothing. */
export async function lookAtSides(
  ctx: Context,
  local: Cluster,
  remote: Cluster,
): Promise<readonly [SeenSide, SeenSide]> {
  const [localId, remoteId] = await identify(ctx, local, remote);
  const look = async (scope: Scope, cluster: Cluster, id: string, peerId: string): Promise<SeenSide> => {
    const namespace = (await findTenantNamespace(ctx, cluster.client, peerId)) ?? tenantNamespaceName(peerId);
    return { id, side: { scope, cluster, peerId, namespace } };
  };
  return Promise.all([look("local", local, localId, remoteId), look("remote", remote, remoteId, localId)]);
}

/** Throws a CliError that names what may not be deleted there; asks nothing of a side that is not. */
export async function requireDeletions(
  ctx: Context,
  side: Side | undefined,
  kinds: readonly Resource[],
): Promise<void> {
  if (side === undefined) return;
  const { namespace, cluster } = side;
  const needs = kinds.map((resource) => ({ verb: "delete", resource, namespace }) as const);
  await requireRights(ctx, cluster, needs);
}

async function makeSide(
  ctx: Context,
  { scope, cluster, peerId }: { scope: Scope; cluster: Cluster; peerId: string },
): Promise<Side> {
  return { scope, cluster, peerId, namespace: await ensureTenantNamespace(ctx, cluster.client, peerId) };
}

async function requirePart(
  ctx: Context,
  { cluster, creates, challenges, namespace: asked }: Part,
  peerId: string,
): Promise<void> {
  const found = await findTenantNamespace(ctx, cluster.client, peerId);
  requireTenantNamespace(peerId, found, asked);
  const namespace = found ?? tenantNamespaceName(peerId);
  const needsNonce = challenges === true && !(await hasNonceSecret(ctx, cluster.client, namespace));
  await requireRights(ctx, cluster, [
    ...(found === undefined ? [{ verb: "create", resource: namespaces } as const] : []),
    ...[...creates, ...(needsNonce ? [secrets] : [])].map(
      (resource) => ({ verb: "create", resource, namespace }) as const,
    ),
  ]);
}
