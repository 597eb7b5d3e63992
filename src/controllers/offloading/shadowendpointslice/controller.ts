/**
 * On the provider: an EndpointSlice with translated addresses for each ShadowEndpointSlice. Writes EndpointSlices.
 * Upstream: pkg/liqo-controller-manager/offloading/shadowendpointslice-controller
 */
import type { Pod } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type ShadowEndpointSlice, shadowEndpointSlices } from "#api/offloading/shadow.ts";
import { parseCidr } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import { MANAGED_BY_SHADOW } from "#forge/remote-slice.ts";
import { Applier } from "#kube/client/applier.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { endpointSlices } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { OwnAddresses } from "../../own-addresses.ts";
import { podsInBrief } from "../../pods.ts";
import { configurationOf } from "../peer-configuration.ts";
import type { Surroundings } from "./addresses.ts";
import { directOf, planSlice } from "./plan.ts";
import { ToldRefusals } from "./told-refusals.ts";

const FIELD_MANAGER = "shadow-endpointslice-controller";

interface Work {
  readonly deps: Deps;
  readonly shadows: Informer<ShadowEndpointSlice>;
  readonly slices: Informer<EndpointSlice>;
  readonly foreign: Informer<ForeignCluster>;
  readonly configurations: Informer<Configuration>;
  readonly pods: Informer<Pod>;
  readonly tenants: TenantNamespaces;
  readonly own: OwnAddresses;
  readonly refusals: ToldRefusals;
  readonly applier: Applier;
}

export function shadowEndpointSliceController(deps: Deps): Controller {
  const work: Work = {
    deps,
    shadows: deps.informers.for(shadowEndpointSlices),
    slices: deps.informers.for(endpointSlices, { labelSelector: `${labels.MANAGED_BY}=${MANAGED_BY_SHADOW}` }),
    foreign: deps.informers.for(foreignClusters),
    configurations: deps.informers.for(configurations),
    pods: podsInBrief(deps),
    // Whose the addresses are says the twin namespace, which this cluster made, not the consumer's label.
    tenants: new TenantNamespaces(deps.informers),
    own: new OwnAddresses(deps),
    refusals: new ToldRefusals(deps.events("shadowendpointslice-controller")),
    applier: new Applier(deps.client, { fieldManager: FIELD_MANAGER }),
  };
  /** Those of the peer, and those that lead there directly. */
  const concernedBy = (peer = ""): ObjectKey[] =>
    work.shadows.store
      .list()
      .filter(
        (shadow) =>
          work.tenants.consumerOf(shadow.metadata?.namespace) === peer ||
          [...directOf(shadow).values()].some(({ clusterId }) => clusterId === peer),
      )
      .map(keyOf);
  return {
    name: "shadowendpointslice",
    workers: 10,
    watches: [
      watchFor(work.shadows),
      watchOwned(work.slices, "ShadowEndpointSlice"),
      work.tenants.watch((namespace) => work.shadows.store.list(namespace).map(keyOf)),
      watchMapped(work.foreign, ({ metadata }) => concernedBy(metadata?.name)),
      watchMapped(work.configurations, ({ metadata }) => concernedBy(metadata?.labels?.[labels.REMOTE_CLUSTER_ID])),
      // Of Services of the clusterset alone: in all others a consumer has no reason to name its pods here.
      watchMapped(work.pods, ({ metadata }) => withOwnPods(work, metadata?.namespace ?? "")),
      ...work.own.watches,
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

/** The shadows of a twin that name pods of this cluster. */
function withOwnPods({ deps, shadows }: Work, namespace: string): ObjectKey[] {
  const { clusterId } = deps.settings;
  return shadows.store
    .list(namespace)
    .filter(({ spec }) => spec?.template?.endpoints?.some(({ nodeName }) => nodeName === clusterId) === true)
    .map(keyOf);
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const { applier, refusals, slices, tenants } = work;
  const shadow = work.shadows.store.get(key);
  if (shadow === undefined) {
    refusals.forget(key);
    applier.forget(endpointSlices, key);
  }
  if (shadow === undefined || shadow.metadata?.deletionTimestamp !== undefined) return DONE;
  const consumer = tenants.consumerOf(key.namespace);
  const surroundings = consumer === undefined ? undefined : surroundingsOf(work, consumer);
  const plan = planSlice(shadow, surroundings, work.foreign.store.get({ name: consumer ?? "" }));
  refusals.tell(ctx, shadow, { consumer, addresses: plan.refused });
  await applier.applyIfChanged(ctx, endpointSlices, { cached: slices.store.get(key), wanted: plan.slice });
  return DONE;
}

function surroundingsOf({ deps, own, pods, tenants, ...work }: Work, consumer: string): Surroundings {
  const { podCidr, serviceCidr = "" } = deps.settings;
  // Looked up only for an address that is in none of the consumer's CIDRs.
  let podAddresses: Set<string> | undefined;
  const hasPod = (address: string): boolean => {
    podAddresses ??= addressesOf(
      pods.store.list().filter((pod) => tenants.consumerOf(pod.metadata?.namespace) === consumer),
    );
    return podAddresses.has(address);
  };
  const addresses = own.list().map((address) => `${address}/32`);
  const networkOf = (peer: string) => configurationOf(peer, work.configurations.store.list(), tenants);
  return {
    configuration: networkOf(consumer),
    hasPod,
    otherPeer: (peer) => {
      const configuration = deps.settings.deniesDirectConnections || peer === consumer ? undefined : networkOf(peer);
      return configuration === undefined
        ? undefined
        : { configuration, foreign: work.foreign.store.get({ name: peer }) };
    },
    clusterId: deps.settings.clusterId,
    own: [podCidr, serviceCidr, ...addresses].flatMap((text) => parseCidr(text) ?? []),
  };
}

function addressesOf(pods: readonly Pod[]): Set<string> {
  return new Set(pods.filter(({ spec }) => spec?.hostNetwork !== true).flatMap(({ status }) => status?.podIP ?? []));
}
