/**
 * On the provider: an EndpointSlice with translated addresses for each ShadowEndpointSlice.
 * Upstream: pkg/liqo-controller-manager/offloading/shadowendpointslice-controller
 */
import type { Pod } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { type ShadowEndpointSlice, shadowEndpointSlices } from "#api/offloading/shadow.ts";
import { parseCidr } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import { marksOfShadow } from "#forge/marks.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { type Controller, DONE, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import type { EventRecorder } from "#kube/events/recorder.ts";
import { endpointSlices } from "#machinery/builtin.ts";
import { controllerReference, formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { apiServerStatus } from "#trust/reach.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";
import { OwnAddresses } from "../../own-addresses.ts";
import { podsInBrief } from "../../pods.ts";
import { configurationOf } from "../peer-configuration.ts";
import { placeAddress, type Surroundings } from "./addresses.ts";

const FIELD_MANAGER = "shadow-endpointslice-controller";
// What an event has room for.
const SHOWN = 10;

export function shadowEndpointSliceController(deps: Deps): Controller {
  const informer = deps.informers.for(shadowEndpointSlices);
  const slices = deps.informers.for(endpointSlices, { labelSelector: `${labels.MANAGED_BY}=shadowendpointslice` });
  const foreign = deps.informers.for(foreignClusters);
  const configs = deps.informers.for(configurations);
  // Whose the addresses are says the twin namespace, which this cluster made, not the consumer's label.
  const tenants = new TenantNamespaces(deps.informers);
  const podInformer = podsInBrief(deps);
  const own = new OwnAddresses(deps);
  const refusals = new ToldRefusals(deps.events("shadowendpointslice-controller"));
  const ofPeer = (peer: string | undefined) =>
    informer.store
      .list()
      .filter(({ metadata }) => tenants.consumerOf(metadata?.namespace) === peer)
      .map(keyOf);
  return {
    name: "shadowendpointslice",
    workers: 10,
    watches: [
      watchFor(informer),
      watchOwned(slices, "ShadowEndpointSlice"),
      tenants.watch((namespace) => informer.store.list(namespace).map(keyOf)),
      watchMapped(foreign, ({ metadata }) => ofPeer(metadata?.name)),
      watchMapped(configs, ({ metadata }) => ofPeer(metadata?.labels?.[labels.REMOTE_CLUSTER_ID])),
      // Asked only: a consumer has no reason to name its pods here, which the provider's own slices have.
      watchMapped(podInformer, () => []),
      ...own.watches,
    ],
    reconcile: async (ctx, key) => {
      const shadow = informer.store.get(key);
      if (shadow === undefined) refusals.forget(key);
      if (shadow === undefined || shadow.metadata?.deletionTimestamp !== undefined) return DONE;
      const consumer = tenants.consumerOf(key.namespace);
      const { slice, refused } = forgeSlice(
        shadow,
        consumer === undefined ? undefined : surroundingsOf(consumer),
        foreign.store.get({ name: consumer ?? "" }),
      );
      refusals.tell(ctx, shadow, { consumer, addresses: refused });
      if (!isSame(slices.store.get(key), slice))
        await deps.client.apply(ctx, endpointSlices, slice, { fieldManager: FIELD_MANAGER });
      return DONE;
    },
  };

  function surroundingsOf(consumer: string): Surroundings {
    const { podCidr, serviceCidr = "" } = deps.settings;
    // Looked up only for an address that is in none of the consumer's CIDRs.
    let podAddresses: Set<string> | undefined;
    const hasPod = (address: string): boolean => {
      podAddresses ??= addressesOf(
        podInformer.store.list().filter((pod) => tenants.consumerOf(pod.metadata?.namespace) === consumer),
      );
      return podAddresses.has(address);
    };
    const addresses = own.list().map((address) => `${address}/32`);
    return {
      configuration: configurationOf(consumer, configs.store.list(), tenants),
      hasPod,
      own: [podCidr, serviceCidr, ...addresses].flatMap((text) => parseCidr(text) ?? []),
    };
  }
}

function addressesOf(pods: readonly Pod[]): Set<string> {
  return new Set(pods.filter(({ spec }) => spec?.hostNetwork !== true).flatMap(({ status }) => status?.podIP ?? []));
}

/** Tells of addresses that are not let pass, once as long as they are the same. */
class ToldRefusals {
  readonly #events: EventRecorder;
  readonly #told = new Map<string, string>();

  constructor(events: EventRecorder) {
    this.#events = events;
  }

  tell(
    ctx: Context,
    shadow: ShadowEndpointSlice,
    { consumer, addresses: refused }: { readonly consumer: string | undefined; readonly addresses: readonly string[] },
  ): void {
    const key = formatKey(keyOf(shadow));
    const shown = refused.slice(0, SHOWN).map((address) => address.slice(0, 100));
    const more = refused.length > SHOWN ? ` and ${refused.length - SHOWN} more` : "";
    const message = `not addresses of cluster ${consumer ?? "<none>"}, left out: ${shown.join(", ")}${more}`;
    if (refused.length > 0 && this.#told.get(key) !== message)
      this.#events.warning(ctx, shadow, "AddressesRefused", message);
    if (refused.length === 0) this.#told.delete(key);
    else this.#told.set(key, message);
  }

  forget(key: ObjectKey): void {
    this.#told.delete(formatKey(key));
  }
}

export interface ForgedSlice {
  readonly slice: EndpointSlice;
  /** Addresses that the consumer may not name. */
  readonly refused: readonly string[];
}

export function forgeSlice(
  shadow: ShadowEndpointSlice,
  surroundings: Surroundings | undefined,
  peer: ForeignCluster | undefined,
): ForgedSlice {
  const { name = "", namespace = "", labels: own, annotations } = shadow.metadata ?? {};
  const { addressType = "IPv4", endpoints = [], ports = [] } = shadow.spec?.template ?? {};
  const reachable = isReachable(peer);
  const refused: string[] = [];
  const place = (address: string): string[] => {
    const placed = surroundings === undefined ? undefined : placeAddress(address, surroundings);
    if (placed === undefined) refused.push(address);
    return placed === undefined ? [] : [placed];
  };
  const translated = endpoints.map((endpoint) => ({
    ...endpoint,
    addresses: endpoint.addresses.flatMap(place),
    conditions: { ...endpoint.conditions, ready: endpoint.conditions?.ready !== false && reachable },
  }));
  const slice = {
    metadata: {
      name,
      namespace,
      labels: { ...marksOfShadow(own), ...GLOBAL_LABELS, [labels.MANAGED_BY]: "shadowendpointslice" },
      ...(annotations !== undefined && { annotations: marksOfShadow(annotations) }),
      ownerReferences: [controllerReference(shadow)],
    },
    addressType,
    endpoints: translated.filter(({ addresses }) => addresses.length > 0),
    ports,
  };
  return { slice, refused };
}

/** Endpoints of a peer are usable only while tunnel and API server are. */
function isReachable(peer: ForeignCluster | undefined): boolean {
  const modules = peer?.status?.modules;
  const connection = modules?.networking.conditions?.find(({ type }) => type === "NetworkConnectionStatus");
  const isConnected = modules?.networking.enabled !== true || connection?.status === "Established";
  return isConnected && [undefined, "Established"].includes(apiServerStatus(peer));
}

function isSame(before: EndpointSlice | undefined, wanted: EndpointSlice): boolean {
  if (before === undefined) return false;
  const essence = ({ endpoints, ports, metadata }: EndpointSlice): string =>
    JSON.stringify([
      (endpoints ?? []).map((e) => [e.addresses, e.conditions?.ready, e.nodeName, e.hostname, e.zone]),
      (ports ?? []).map((p) => [p.name, p.port, p.protocol]),
      Object.entries(metadata?.labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
  return essence(before) === essence(wanted);
}
