/** What there is of a claim, of where its volume is, and of a move that was begun. */
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, Secret } from "kubernetes-types/core/v1";
import { REMOTE_CLUSTER_ID, REPLICATED } from "#api/labels.ts";
import { namespaceMaps, namespaceOffloadings, OFFLOADING_NAME } from "#api/offloading/namespace.ts";
import { STORAGE_PROVISIONER } from "#api/offloading/storage-class.ts";
import { isVirtualNode } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { jobs, nodes, persistentVolumeClaims, persistentVolumes, pods, secrets } from "#machinery/builtin.ts";
import { controllerOf } from "#machinery/meta.ts";
import { matchesNodeSelector } from "#machinery/node-affinity.ts";
import { isTerminal } from "#machinery/pod.ts";
import { PROVISIONED_BY, SELECTED_NODE } from "#machinery/volume.ts";
import { CliError } from "../../errors.ts";
import { moveNameOf, moveStateOf, restoreJobNameOf } from "./forge.ts";
import type { ClaimState } from "./plan.ts";

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface Seen {
  readonly claim: PersistentVolumeClaim | undefined;
  readonly volume: PersistentVolume | undefined;
  readonly node: Node;
  readonly secret: Secret | undefined;
  readonly isRestored: boolean;
}

export async function look(ctx: Context, client: KubeClient, place: Place, targetNode: string): Promise<Seen> {
  const node = await client.find(ctx, nodes, { name: targetNode });
  if (node === undefined)
    throw new CliError(`--target-node ${targetNode}: there is no such node`, { hint: "see `kubectl get nodes`" });
  const claim = await client.find(ctx, persistentVolumeClaims, { ...place });
  const volumeName = claim?.spec?.volumeName ?? "";
  const volume = volumeName === "" ? undefined : await client.find(ctx, persistentVolumes, { name: volumeName });
  const key = { namespace: place.namespace, name: moveNameOf(place.name) };
  const found = await client.find(ctx, secrets, key);
  if (found !== undefined && moveStateOf(found) === undefined)
    throw new CliError(`Secret ${key.namespace}/${key.name} is in the way: it is none of a move`);
  const job = restoreJobNameOf(place.name, claim?.metadata?.uid ?? "");
  const restored = found && (await client.find(ctx, jobs, { namespace: place.namespace, name: job }));
  return { claim, volume, node, secret: found, isRestored: (restored?.status?.succeeded ?? 0) > 0 };
}

export function claimStateOf({ claim, volume, node, isRestored }: Seen): ClaimState | undefined {
  if (claim === undefined) return undefined;
  const isEnding = claim.metadata?.deletionTimestamp !== undefined;
  return { uid: claim.metadata?.uid ?? "", isEnding, isAtTarget: isAt(claim, volume, node), isRestored };
}

/** A claim without a volume is on its way to the node that was selected for it. */
function isAt(claim: PersistentVolumeClaim, volume: PersistentVolume | undefined, node: Node): boolean {
  if (volume === undefined) return claim.metadata?.annotations?.[SELECTED_NODE] === node.metadata?.name;
  const required = volume.spec?.nodeAffinity?.required;
  return required === undefined || matchesNodeSelector(required, node);
}

/** Throws a CliError that says why a volume cannot be copied; gives whether the repository may be at home. */
export async function requireMovable(
  ctx: Context,
  client: KubeClient,
  place: Place,
  { volume, node }: Seen,
): Promise<boolean> {
  const name = `${place.namespace}/${place.name}`;
  if (volume === undefined)
    throw new CliError(`claim ${name} has no volume yet: there is nothing to move`, {
      hint: "the first pod that uses it decides where it is",
    });
  if (volume.metadata?.annotations?.[PROVISIONED_BY] !== STORAGE_PROVISIONER)
    throw new CliError(`claim ${name} is not of Liqo's storage class, but of ${volume.spec?.storageClassName}`, {
      hint: "only claims of the class liqo can be anywhere",
    });
  await requireUnused(ctx, client, place);
  const { namespace } = place;
  const offloading = await client.find(ctx, namespaceOffloadings, { namespace, name: OFFLOADING_NAME });
  const { items: maps } = await client.list(ctx, namespaceMaps, { labelSelector: `${REPLICATED}!=true` });
  const strategy = offloading?.spec?.podOffloadingStrategy;
  const ends = [providerOfVolume(volume), providerOfNode(node)];
  for (const provider of ends.filter((each) => each !== undefined)) {
    const isThere = maps.some(
      ({ metadata, status }) =>
        metadata?.name === provider && status?.currentMapping?.[namespace]?.phase === "Accepted",
    );
    if (!isThere || strategy === undefined || strategy === "Local")
      throw new CliError(`namespace ${namespace} is not offloaded to ${provider}, or its pods may not run there`, {
        hint: `\`liqoctl offload namespace ${namespace}\``,
      });
  }
  if (strategy === "Remote" && ends.includes(undefined))
    throw new CliError(`the pods of namespace ${namespace} may not run at home: its strategy is Remote`, {
      hint: `\`liqoctl offload namespace ${namespace} --pod-offloading-strategy LocalAndRemote\``,
    });
  return strategy !== "Remote";
}

/** Throws a CliError that names the pods which use the claim, those of a move left out. */
export async function requireUnused(ctx: Context, client: KubeClient, { namespace, name }: Place): Promise<void> {
  const { items } = await client.list(ctx, pods, { namespace });
  const users = items.filter((pod) => uses(pod, name) && !isOfMove(pod, name)).map(({ metadata }) => metadata?.name);
  if (users.length > 0)
    throw new CliError(`claim ${namespace}/${name} is used by ${users.join(", ")}`, {
      hint: "scale what owns these pods to 0 first: what they write meanwhile would be lost",
    });
}

function uses(pod: Pod, claim: string): boolean {
  const volumes = pod.spec?.volumes ?? [];
  return !isTerminal(pod) && volumes.some((volume) => volume.persistentVolumeClaim?.claimName === claim);
}

function isOfMove(pod: Pod, claim: string): boolean {
  const owner = controllerOf(pod);
  return owner?.kind === "Job" && owner.name.startsWith(`${moveNameOf(claim)}-`);
}

/** Cluster id; undefined: home. */
export function providerOfVolume({ spec }: PersistentVolume): string | undefined {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  const expressions = terms.flatMap(({ matchExpressions = [] }) => matchExpressions);
  return expressions.find(({ key }) => key === REMOTE_CLUSTER_ID)?.values?.[0];
}

export function providerOfNode(node: Node): string | undefined {
  return isVirtualNode(node) ? node.metadata?.labels?.[REMOTE_CLUSTER_ID] : undefined;
}
