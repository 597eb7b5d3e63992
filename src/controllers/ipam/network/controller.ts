/**
 * Gives each Network its CIDR, remapped when it collides. Writes the status and the finalizer of Networks. One worker:
 * allocations never race. Upstream: pkg/liqo-controller-manager/ipam/network-controller
 */
import { NETWORK as FINALIZER } from "#api/finalizers.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import type { Context } from "#base/context.ts";
import { isPreinstalled, planNetwork } from "#ipam/network-plan.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { OwnAddresses } from "../../own-addresses.ts";

const RETRY_MS = 200;
// Nothing tells of a block that gets free.
const REFUSED_RETRY_MS = 60_000;

interface Work {
  readonly deps: Deps;
  readonly networks: Informer<Network>;
  readonly own: OwnAddresses;
  readonly events: EventRecorder;
  /** By uid: what was given out a moment ago and the cache does not show yet. */
  readonly given: Map<string, string>;
}

export function networkController(deps: Deps): Controller {
  const work: Work = {
    deps,
    networks: deps.informers.for(networks),
    own: new OwnAddresses(deps),
    events: deps.events("network-controller"),
    given: new Map(),
  };
  return {
    name: "network",
    watches: [watchFor(work.networks), ...work.own.watches],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { deps, given } = work;
  const network = work.networks.store.get(key);
  if (network === undefined) return DONE;
  const uid = network.metadata?.uid ?? "";
  if (network.metadata?.deletionTimestamp !== undefined) {
    given.delete(uid);
    await removeFinalizer(ctx, deps.client, networks, network, FINALIZER);
    return DONE;
  }
  if (!isPreinstalled(network)) await ensureFinalizer(ctx, deps.client, networks, network, FINALIZER);
  const plan = planNetwork(network, { all: work.networks.store.list(), given, own: work.own.list() });
  switch (plan.do) {
    case "settled":
      given.delete(uid);
      return DONE;
    case "wait":
      return { requeueAfterMs: RETRY_MS };
    case "refuse":
      work.events.warning(ctx, network, "CIDRRefused", plan.problem);
      return { requeueAfterMs: REFUSED_RETRY_MS };
    case "give":
      given.set(uid, plan.cidr);
      await deps.client.patch(ctx, networks, key, "merge", { status: { cidr: plan.cidr } }, { subresource: "status" });
      return DONE;
  }
}
