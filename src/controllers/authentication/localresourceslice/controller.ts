/**
 * On the consumer: completes the request, and turns the accepted answer into an Identity and a VirtualNode. Writes
 * ResourceSlices, Identities and VirtualNodes. Upstream: pkg/liqo-controller-manager/authentication/
 * {localresourceslice,identitycreator}-controller, offloading/virtualnodecreator-controller
 */
import { type Identity, identities } from "#api/authentication/identity.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import { type VirtualNode, virtualNodes } from "#api/offloading/virtualnode.ts";
import type { Context } from "#base/context.ts";
import { base64, forgeSliceIdentity } from "#forge/authentication.ts";
import { GLOBAL_LABELS, resourceSliceIdentityName, sliceUserName } from "#forge/names.ts";
import { forgeVirtualNode } from "#forge/virtualnode.ts";
import { type Controller, DONE, type Result, watchFor, watchOwned } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { createCsr } from "#pki/csr.ts";
import type { Deps } from "../../deps.ts";
import { readClusterKeys } from "../clusterkeys/keys.ts";
import { describeDropped, isLocalSlice, isUpToDate, nameOfVirtualNode, planLocalSlice } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly slices: Informer<ResourceSlice>;
  readonly identities: Informer<Identity>;
  readonly virtualNodes: Informer<VirtualNode>;
  readonly events: EventRecorder;
  /** By slice: which part of the provider's answer was told to be left out. */
  readonly told: Map<string, string>;
}

export function localResourceSliceController(deps: Deps): Controller {
  const work: Work = {
    deps,
    slices: deps.informers.for(resourceSlices),
    identities: deps.informers.for(identities),
    virtualNodes: deps.informers.for(virtualNodes),
    events: deps.events("resourceslice-controller"),
    told: new Map(),
  };
  return {
    name: "local-resourceslice",
    watches: [
      watchFor(work.slices, (slice) => isLocalSlice(slice, deps.settings.clusterId)),
      watchOwned(work.identities, "ResourceSlice"),
      watchOwned(work.virtualNodes, "ResourceSlice"),
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const slice = work.slices.store.get(key);
  if (slice === undefined) {
    work.told.delete(formatKey(key));
    return DONE;
  }
  const plan = planLocalSlice(slice, work.deps.settings.clusterId);
  switch (plan.do) {
    case "nothing":
      return DONE;
    case "complete":
      await complete(ctx, work.deps, slice);
      return DONE;
    case "refuse":
      work.events.warning(ctx, slice, "InvalidAuthParams", plan.problem);
      return DONE;
    case "ensure":
      await ensureIdentity(ctx, work, slice);
      if (plan.hasVirtualNode) await ensureVirtualNode(ctx, work, slice);
      return DONE;
  }
}

async function ensureIdentity(ctx: Context, work: Work, slice: ResourceSlice): Promise<void> {
  const identity = forgeSliceIdentity(slice, GLOBAL_LABELS);
  if (jsonEquals(work.identities.store.get(keyOf(identity))?.spec, identity.spec)) return;
  await work.deps.client.apply(ctx, identities, identity);
  work.events.normal(ctx, slice, "IdentityEnsured", "Identity ensured");
}

async function ensureVirtualNode(ctx: Context, work: Work, slice: ResourceSlice): Promise<void> {
  const { name = "", namespace = "" } = slice.metadata ?? {};
  const identity = work.identities.store.get({ namespace, name: resourceSliceIdentityName(name) });
  const secretName = identity?.status?.kubeconfigSecretRef?.name;
  if (secretName === undefined || secretName === "") return;
  const nodeName = nameOfVirtualNode(slice, work.virtualNodes.store.list(namespace));
  const node = forgeVirtualNode(slice, nodeName, secretName, GLOBAL_LABELS);
  const before = work.virtualNodes.store.get(keyOf(node));
  tellDropped(ctx, work, slice);
  if (isUpToDate(before, node)) return;
  await work.deps.client.apply(ctx, virtualNodes, node);
  if (before === undefined) work.events.normal(ctx, slice, "VirtualNodeCreated", "VirtualNode created");
}

/** Once for each set of things that were left out. */
function tellDropped(ctx: Context, { events, told }: Work, slice: ResourceSlice): void {
  const key = formatKey(keyOf(slice));
  const message = describeDropped(slice);
  if (message !== undefined && told.get(key) !== message) events.warning(ctx, slice, "OfferPartlyAccepted", message);
  if (message === undefined) told.delete(key);
  else told.set(key, message);
}

async function complete(ctx: Context, deps: Deps, slice: ResourceSlice): Promise<void> {
  const { clusterId, liqoNamespace } = deps.settings;
  const { privateKey } = await readClusterKeys(ctx, deps.client, liqoNamespace);
  const subject = { commonName: sliceUserName(slice.metadata?.name ?? "", clusterId), organizations: [clusterId] };
  const csr = base64(await createCsr(privateKey, subject));
  const providerClusterID = slice.spec?.providerClusterID ?? slice.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] ?? "";
  await deps.client.patch(ctx, resourceSlices, keyOf(slice), "merge", {
    metadata: { resourceVersion: slice.metadata?.resourceVersion },
    spec: { consumerClusterID: clusterId, providerClusterID, csr },
  });
}
