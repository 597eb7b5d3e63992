/** The cluster as the DNS server sees it: informers with the indexes that lookups need. */
import type { Service } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Informer } from "#kube/informer/informer.ts";
import { MULTICLUSTER_SERVICE } from "./clusterset.ts";
import type { Imports } from "./imports.ts";
import type { ClusterView } from "./zone.ts";

export interface ViewOptions {
  readonly domain: string;
  readonly services: Informer<Service>;
  readonly slices: Informer<EndpointSlice>;
  /** Undefined: names of the clusterset are asked elsewhere. */
  readonly imports: Imports | undefined;
}

/** Indexes by name and address, kept by handlers: informers are shared, their own indexes belong to who opened them. */
export function informerView({ domain, services, slices, imports }: ViewOptions): ClusterView & Disposable {
  const byIp = new Map<string, { namespace: string; name: string }>();
  const namespaces = new Map<string, number>();
  const byService = new Map<string, Map<string, EndpointSlice>>();
  const byImport = new Map<string, Map<string, EndpointSlice>>();
  const serviceHandler = services.addHandler({
    added: (service) => addService(service),
    updated: (service, previous) => {
      removeService(previous);
      addService(service);
    },
    deleted: removeService,
  });
  const sliceHandler = slices.addHandler({ added: putSlice, updated: putSlice, deleted: removeSlice });

  function addService(service: Service): void {
    const { namespace = "", name = "" } = service.metadata ?? {};
    namespaces.set(namespace, (namespaces.get(namespace) ?? 0) + 1);
    for (const ip of service.spec?.clusterIPs ?? [service.spec?.clusterIP ?? ""])
      if (ip !== "" && ip !== "None") byIp.set(ip, { namespace, name });
  }
  function removeService(service: Service): void {
    const { namespace = "" } = service.metadata ?? {};
    namespaces.set(namespace, (namespaces.get(namespace) ?? 1) - 1);
    for (const ip of service.spec?.clusterIPs ?? [service.spec?.clusterIP ?? ""]) byIp.delete(ip);
  }
  function putSlice(slice: EndpointSlice): void {
    put(byService, serviceOf(slice), slice);
    const imported = importOf(slice);
    if (imported !== undefined) put(byImport, imported, slice);
  }
  function removeSlice(slice: EndpointSlice): void {
    byService.get(serviceOf(slice))?.delete(slice.metadata?.name ?? "");
    byImport.get(importOf(slice) ?? "")?.delete(slice.metadata?.name ?? "");
  }

  return {
    domain,
    findService: (namespace, name) => services.store.get({ namespace, name }),
    listSlices: (namespace, service) => [...(byService.get(`${namespace}/${service}`)?.values() ?? [])],
    // Every namespace that DNS can say anything about holds a Service; `default` and `kube-system` always exist.
    hasNamespace: (namespace) =>
      namespace === "default" || namespace === "kube-system" || (namespaces.get(namespace) ?? 0) > 0,
    findServiceByIp: (ip) => byIp.get(ip),
    hasClusterSet: () => imports?.isKnown === true,
    findImport: (namespace, name) => imports?.find(namespace, name),
    listImportedSlices: (namespace, name) => [...(byImport.get(`${namespace}/${name}`)?.values() ?? [])],
    findEndpointByIp: (ip) => findEndpoint(byService, ip),
    [Symbol.dispose]() {
      serviceHandler();
      sliceHandler();
    },
  };
}

function findEndpoint(
  byService: ReadonlyMap<string, ReadonlyMap<string, EndpointSlice>>,
  ip: string,
): { namespace: string; service: string; endpoint: Endpoint } | undefined {
  for (const [key, own] of byService) {
    for (const slice of own.values()) {
      const endpoint = slice.endpoints?.find((candidate) => candidate.addresses.includes(ip));
      const [namespace = "", service = ""] = key.split("/");
      if (endpoint !== undefined) return { namespace, service, endpoint };
    }
  }
  return undefined;
}

function put(slices: Map<string, Map<string, EndpointSlice>>, key: string, slice: EndpointSlice): void {
  const own = slices.get(key) ?? new Map<string, EndpointSlice>();
  own.set(slice.metadata?.name ?? "", slice);
  slices.set(key, own);
}

function importOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata?.labels?.[MULTICLUSTER_SERVICE];
  return name === undefined ? undefined : `${metadata?.namespace}/${name}`;
}

function serviceOf(slice: EndpointSlice): string {
  return `${slice.metadata?.namespace}/${slice.metadata?.labels?.["kubernetes.io/service-name"] ?? ""}`;
}
