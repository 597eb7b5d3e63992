/**
 * What becomes of a slice on the consumer. Upstream: pkg/liqo-controller-manager/authentication/localresourceslice-controller,
 * offloading/virtualnodecreator-controller
 */
import * as annotations from "#api/annotations.ts";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { isReplica } from "#api/predicates.ts";
import { virtualNodeName } from "#forge/names.ts";
import { authParamsProblem } from "#forge/provider/auth-params.ts";
import { acceptOffer } from "#forge/provider/offer.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";

// What an event has room for.
const SHOWN = 10;

export type Plan =
  | { readonly do: "nothing" }
  /** Its request is missing. */
  | { readonly do: "complete" }
  | { readonly do: "refuse"; readonly problem: string }
  | { readonly do: "ensure"; readonly hasVirtualNode: boolean };

export function planLocalSlice(slice: ResourceSlice | undefined, clusterId: string): Plan {
  if (slice === undefined || !isLocalSlice(slice, clusterId)) return { do: "nothing" };
  if (slice.metadata?.deletionTimestamp !== undefined) return { do: "nothing" };
  if (slice.spec?.csr === undefined || slice.spec.consumerClusterID === undefined) return { do: "complete" };
  if (!isAccepted(slice, "Authentication")) return { do: "nothing" };
  const problem = authParamsProblem(slice.status?.authParams);
  if (problem !== undefined) return { do: "refuse", problem };
  const wish = slice.metadata?.annotations?.[annotations.CREATE_VIRTUAL_NODE] ?? "";
  const isWished = wish !== "" && wish.toLowerCase() !== "false";
  return { do: "ensure", hasVirtualNode: isWished && isAccepted(slice, "Resources") };
}

function isAccepted({ status }: ResourceSlice, type: string): boolean {
  return status?.conditions?.find((condition) => condition.type === type)?.status === "Accepted";
}

/** Whether all that comes from the provider's answer is there already. */
export function isUpToDate(before: VirtualNode | undefined, wanted: VirtualNode): boolean {
  const fields = ["resourceQuota", "labels", "storageClasses", "ingressClasses", "loadBalancerClasses"] as const;
  if (before === undefined) return false;
  // The rest of the patch is the user's and the template's.
  const selectors = [before, wanted].map(({ spec }) => spec?.offloadingPatch?.nodeSelector ?? {});
  return (
    jsonEquals(selectors[0], selectors[1]) &&
    fields.every((field) => jsonEquals(before.spec?.[field], wanted.spec?.[field]))
  );
}

/** The one that the slice has keeps its name: upstream, which this may have replaced, calls it like the slice. */
export function nameOfVirtualNode({ metadata }: ResourceSlice, present: readonly VirtualNode[]): string {
  const wanted = virtualNodeName(metadata?.name ?? "");
  const own = present
    .filter((node) => node.metadata?.ownerReferences?.some(({ uid }) => uid === metadata?.uid))
    .map((node) => node.metadata?.name ?? "");
  return own.includes(wanted) ? wanted : (own[0] ?? wanted);
}

/**
 * Whether this cluster is the consumer of the slice. A tenant replicates its own into the same namespaces: for one that it
 * made look local, this cluster would become its own provider's consumer, with its own key.
 */
export function isLocalSlice(slice: ResourceSlice, clusterId: string): boolean {
  const { metadata, spec } = slice;
  return (
    !isReplica(slice) &&
    metadata?.labels?.[labels.ORIGIN_ID] === undefined &&
    (spec?.consumerClusterID ?? clusterId) === clusterId &&
    spec?.providerClusterID !== clusterId
  );
}

/** What was left out of the VirtualNode; undefined: nothing. */
export function describeDropped({ status }: ResourceSlice): string | undefined {
  const { dropped } = acceptOffer(status);
  if (dropped.length === 0) return undefined;
  const more = dropped.length > SHOWN ? ` and ${dropped.length - SHOWN} more` : "";
  return `not taken from the provider's answer: ${dropped.slice(0, SHOWN).join(", ")}${more}`;
}
