/**
 * On the consumer: completes the request, and turns the accepted answer into an Identity and a VirtualNode.
 * Upstream: pkg/liqo-controller-manager/authentication/{localresourceslice,identitycreator}-controller, offloading/virtualnodecreator-controller
 */

import * as annotations from "#api/annotations.ts";
import { identities } from "#api/authentication/identity.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { base64, forgeSliceIdentity } from "#forge/authentication.ts";
import { GLOBAL_LABELS, resourceSliceIdentityName, sliceUserName, virtualNodeName } from "#forge/names.ts";
import { authParamsProblem } from "#forge/provider/auth-params.ts";
import { acceptOffer } from "#forge/provider/offer.ts";
import { forgeVirtualNode } from "#forge/virtualnode.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { createCsr } from "#pki/csr.ts";
import type { Deps } from "../../deps.ts";
import { clusterKeys } from "../keys.ts";

// What an event has room for.
const SHOWN = 10;

export function localResourceSliceController(deps: Deps): Controller {
  const informer = deps.informers.for(resourceSlices);
  const identityInformer = deps.informers.for(identities);
  const nodeInformer = deps.informers.for(virtualNodes);
  const events = deps.events("resourceslice-controller");
  const isLocal = (slice: ResourceSlice): boolean => isLocalSlice(slice, deps.settings.clusterId);
  // By namespace and name of the slice.
  const told = new Map<string, string>();
  return {
    name: "local-resourceslice",
    watches: [
      watchFor(informer, isLocal),
      watchOwned(identityInformer, "ResourceSlice"),
      watchOwned(nodeInformer, "ResourceSlice"),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const slice = informer.store.get(key);
      if (slice === undefined) told.delete(formatKey(key));
      if (slice === undefined || !isLocal(slice) || slice.metadata?.deletionTimestamp !== undefined) return DONE;
      if (slice.spec?.csr === undefined || slice.spec.consumerClusterID === undefined) {
        await complete(ctx, deps, slice);
        return DONE;
      }
      const isAccepted = (type: string): boolean =>
        slice.status?.conditions?.find((c) => c.type === type)?.status === "Accepted";
      if (!isAccepted("Authentication")) return DONE;
      const problem = authParamsProblem(slice.status?.authParams);
      if (problem !== undefined) {
        events.warning(ctx, slice, "InvalidAuthParams", problem);
        return DONE;
      }
      const identity = forgeSliceIdentity(slice, GLOBAL_LABELS);
      const before = identityInformer.store.get(keyOf(identity));
      if (!jsonEquals(before?.spec, identity.spec)) {
        await deps.client.apply(ctx, identities, identity);
        events.normal(ctx, slice, "IdentityEnsured", "Identity ensured");
      }
      const wanted = slice.metadata?.annotations?.[annotations.CREATE_VIRTUAL_NODE] ?? "";
      if (!isAccepted("Resources") || wanted === "" || wanted.toLowerCase() === "false") return DONE;
      await ensureVirtualNode(ctx, deps, slice);
      return DONE;
    },
  };

  function tellDropped(ctx: Context, slice: ResourceSlice): void {
    const key = formatKey(keyOf(slice));
    const message = describeDropped(slice);
    if (message !== undefined && told.get(key) !== message) events.warning(ctx, slice, "OfferPartlyAccepted", message);
    if (message === undefined) told.delete(key);
    else told.set(key, message);
  }

  async function ensureVirtualNode(ctx: Context, d: Deps, slice: ResourceSlice): Promise<void> {
    const identity = identityInformer.store.get({
      namespace: slice.metadata?.namespace ?? "",
      name: resourceSliceIdentityName(slice.metadata?.name ?? ""),
    });
    const secretName = identity?.status?.kubeconfigSecretRef?.name;
    if (secretName === undefined || secretName === "") return;
    const present = nodeInformer.store.list(slice.metadata?.namespace);
    const node = forgeVirtualNode(slice, nameOfVirtualNode(slice, present), secretName, GLOBAL_LABELS);
    const before = nodeInformer.store.get(keyOf(node));
    const fields = ["resourceQuota", "labels", "storageClasses", "ingressClasses", "loadBalancerClasses"] as const;
    const isSame =
      before !== undefined && fields.every((field) => jsonEquals(before.spec?.[field], node.spec?.[field]));
    tellDropped(ctx, slice);
    if (isSame) return;
    await d.client.apply(ctx, virtualNodes, node);
    if (before === undefined) events.normal(ctx, slice, "VirtualNodeCreated", "VirtualNode created");
  }
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
export function isLocalSlice({ metadata, spec }: ResourceSlice, clusterId: string): boolean {
  const own = metadata?.labels;
  return (
    own?.[labels.REPLICATED] !== "true" &&
    own?.[labels.ORIGIN_ID] === undefined &&
    (spec?.consumerClusterID ?? clusterId) === clusterId &&
    spec?.providerClusterID !== clusterId
  );
}

/** The event, once for each set of things that were left out of the VirtualNode. */
function describeDropped({ status }: ResourceSlice): string | undefined {
  const { dropped } = acceptOffer(status);
  if (dropped.length === 0) return undefined;
  const more = dropped.length > SHOWN ? ` and ${dropped.length - SHOWN} more` : "";
  return `not taken from the provider's answer: ${dropped.slice(0, SHOWN).join(", ")}${more}`;
}

async function complete(ctx: Context, deps: Deps, slice: ResourceSlice): Promise<void> {
  const { clusterId, liqoNamespace } = deps.settings;
  const { privateKey } = await clusterKeys(ctx, deps.client, liqoNamespace);
  const subject = { commonName: sliceUserName(slice.metadata?.name ?? "", clusterId), organizations: [clusterId] };
  const csr = base64(await createCsr(privateKey, subject));
  const providerClusterID = slice.spec?.providerClusterID ?? slice.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? "";
  await deps.client.patch(ctx, resourceSlices, keyOf(slice), "merge", {
    metadata: { resourceVersion: slice.metadata?.resourceVersion },
    spec: { consumerClusterID: clusterId, providerClusterID, csr },
  });
}
