/**
 * On the provider: an EndpointSlice with translated addresses for each ShadowEndpointSlice.
 * Upstream: pkg/liqo-controller-manager/offloading/shadowendpointslice-controller
 */
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import { type ForeignCluster, foreignClusters } from "#api/core/foreigncluster.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type ShadowEndpointSlice, shadowEndpointSlices } from "#api/offloading/shadow.ts";
import { mustParseCidr, remapIp } from "#base/cidr.ts";
import { marksOfShadow } from "#forge/marks.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { type Controller, DONE, watchFor, watchMapped, watchOwned } from "#kube/controller/controller.ts";
import { endpointSlices } from "#machinery/builtin.ts";
import { controllerReference, keyOf } from "#machinery/meta.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../../deps.ts";

const FIELD_MANAGER = "shadow-endpointslice-controller";

export function shadowEndpointSliceController(deps: Deps): Controller {
  const informer = deps.informers.for(shadowEndpointSlices);
  const slices = deps.informers.for(endpointSlices, { labelSelector: `${labels.MANAGED_BY}=shadowendpointslice` });
  const foreign = deps.informers.for(foreignClusters);
  const configs = deps.informers.for(configurations);
  const tenants = new TenantNamespaces(deps.informers);
  // Whose the addresses are says the twin namespace, which this cluster made, not the consumer's label.
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
    ],
    reconcile: async (ctx, key) => {
      const shadow = informer.store.get(key);
      if (shadow === undefined || shadow.metadata?.deletionTimestamp !== undefined) return DONE;
      const origin = tenants.consumerOf(key.namespace) ?? "";
      const configuration = configs.store
        .list()
        .find(
          ({ metadata }) =>
            metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === origin && tenants.peerOf(metadata.namespace) === origin,
        );
      const wanted = forgeSlice(shadow, configuration, foreign.store.get({ name: origin }));
      if (!isSame(slices.store.get(key), wanted))
        await deps.client.apply(ctx, endpointSlices, wanted, { fieldManager: FIELD_MANAGER });
      return DONE;
    },
  };
}

export function forgeSlice(
  shadow: ShadowEndpointSlice,
  configuration: Configuration | undefined,
  peer: ForeignCluster | undefined,
): EndpointSlice {
  const { name = "", namespace = "", labels: own, annotations } = shadow.metadata ?? {};
  const { addressType = "IPv4", endpoints = [], ports = [] } = shadow.spec?.template ?? {};
  const reachable = isReachable(peer);
  return {
    metadata: {
      name,
      namespace,
      labels: { ...marksOfShadow(own), ...GLOBAL_LABELS, [labels.MANAGED_BY]: "shadowendpointslice" },
      ...(annotations !== undefined && { annotations: marksOfShadow(annotations) }),
      ownerReferences: [controllerReference(shadow)],
    },
    addressType,
    endpoints: endpoints.map((endpoint) => translate(endpoint, configuration, reachable)),
    ports,
  };
}

function translate(endpoint: Endpoint, configuration: Configuration | undefined, reachable: boolean): Endpoint {
  const ready = endpoint.conditions?.ready !== false && reachable;
  return {
    ...endpoint,
    addresses: endpoint.addresses.map((address) => remapAddress(address, configuration)),
    conditions: { ...endpoint.conditions, ready },
  };
}

/** The peer's own address as this cluster sees it: pods first, then its external CIDR. */
export function remapAddress(address: string, configuration: Configuration | undefined): string {
  const own = configuration?.spec?.remote?.cidr;
  const seen = configuration?.status?.remote?.cidr;
  for (const type of ["pod", "external"] as const) {
    for (const [i, from] of (own?.[type] ?? []).entries()) {
      const to = seen?.[type]?.[i];
      const remapped = to === undefined ? undefined : remapIp(address, mustParseCidr(from), mustParseCidr(to));
      if (remapped !== undefined) return remapped;
    }
  }
  return address;
}

/** Endpoints of a peer are usable only while tunnel and API server are. */
function isReachable(peer: ForeignCluster | undefined): boolean {
  const modules = peer?.status?.modules;
  const connection = modules?.networking.conditions?.find(({ type }) => type === "NetworkConnectionStatus");
  const isConnected = modules?.networking.enabled !== true || connection?.status === "Established";
  const apiServer = peer?.status?.conditions?.find(({ type }) => type === "APIServerStatus");
  return isConnected && (apiServer === undefined || apiServer.status === "Established");
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
