/** Who reaches a Service how: in each cluster that has it, or a copy of it. */
import type { ItemKey, ServiceItem } from "../../model/items.ts";
import { type Catalog, clusterNamed, compare, homeOf } from "./catalog.ts";

export interface Reach {
  readonly service: ServiceItem;
  /** Of a copy: made by Liqo from the one of another cluster. */
  readonly copy: boolean;
  readonly ready: number;
  readonly all: number;
  /** Ready endpoints by the cluster where they run, "elsewhere" where that is not known. */
  readonly runsIn: readonly { readonly cluster: string; readonly count: number }[];
}

export function reachOf(catalog: Catalog, service: ServiceItem): readonly Reach[] {
  const home = homeOf(catalog, service.cluster, service.namespace);
  return catalog.of.service
    .filter((other) => {
      if (other.name !== service.name) return false;
      const itsHome = homeOf(catalog, other.cluster, other.namespace);
      return itsHome.cluster === home.cluster && itsHome.namespace === home.namespace;
    })
    .map((each) => ({ ...counts(catalog, each), service: each, copy: each.origin !== undefined }))
    .sort((a, b) => Number(a.copy) - Number(b.copy) || compare(a.service.cluster, b.service.cluster));
}

function counts(catalog: Catalog, service: ServiceItem): Pick<Reach, "ready" | "all" | "runsIn"> {
  const ready = service.endpoints.filter((endpoint) => endpoint.ready);
  const byCluster = new Map<string, number>();
  for (const endpoint of ready) {
    const cluster = runsIn(catalog, endpoint.pod) ?? "elsewhere";
    byCluster.set(cluster, (byCluster.get(cluster) ?? 0) + 1);
  }
  return {
    ready: ready.length,
    all: service.endpoints.length,
    runsIn: [...byCluster]
      .map(([cluster, count]) => ({ cluster, count }))
      .sort((a, b) => compare(a.cluster, b.cluster)),
  };
}

/** The cluster in which an endpoint's pod really runs: of an offloaded one that of its twin. */
export function runsIn(catalog: Catalog, key: ItemKey | undefined): string | undefined {
  const pod = key === undefined ? undefined : catalog.items.get(key);
  if (pod?.kind !== "pod") return undefined;
  if (pod.role !== "offloaded") return pod.cluster;
  const cluster = pod.twin === undefined ? undefined : clusterOf(pod.twin);
  return cluster === undefined ? undefined : (clusterNamed(catalog, cluster)?.cluster ?? cluster);
}

export function clusterOf(key: ItemKey): string {
  return decodeURIComponent(key.split("/")[1] ?? "");
}

/** How a pod of that cluster calls it. */
export function dnsName({ name, namespace }: ServiceItem): string {
  return `${name}.${namespace}.svc`;
}
