/** Items by what is asked for: one pass over all of them, each time they change. */
import type {
  ClusterItem,
  Item,
  ItemKey,
  ItemKind,
  NamespaceItem,
  NodeItem,
  PeeringItem,
  PodItem,
  ReflectedItem,
  ServiceItem,
  WorkloadItem,
} from "../../model/items.ts";
import { ITEM_KINDS, itemKey } from "../../model/items.ts";
import type { Items } from "./picture.ts";

interface Kinds {
  readonly cluster: ClusterItem;
  readonly node: NodeItem;
  readonly namespace: NamespaceItem;
  readonly pod: PodItem;
  readonly peering: PeeringItem;
  readonly service: ServiceItem;
  readonly reflected: ReflectedItem;
  readonly workload: WorkloadItem;
}

export interface Catalog {
  readonly items: Items;
  readonly of: { readonly [K in ItemKind]: readonly Kinds[K][] };
  /** By Liqo's cluster id. */
  readonly byID: ReadonlyMap<string, ClusterItem>;
}

export function catalogOf(items: Items): Catalog {
  const of = Object.fromEntries(ITEM_KINDS.map((kind) => [kind, []])) as unknown as Record<ItemKind, Item[]>;
  for (const item of items.values()) of[item.kind]?.push(item);
  of.cluster.sort((a, b) => compare(a.cluster, b.cluster));
  const clusters = of.cluster as ClusterItem[];
  const byID = new Map(clusters.flatMap((cluster) => (cluster.id === undefined ? [] : [[cluster.id, cluster]])));
  return { items, of: of as unknown as Catalog["of"], byID };
}

export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A cluster's name as the user calls it, from Liqo's id. */
export function nameOfID(catalog: Catalog, id: string): string {
  return catalog.byID.get(id)?.cluster ?? id;
}

export function clusterNamed(catalog: Catalog, name: string): ClusterItem | undefined {
  return catalog.of.cluster.find(({ cluster }) => cluster === name);
}

export function itemAt(catalog: Catalog, key: ItemKey): Item | undefined {
  const [kind, cluster = ""] = key.split("/");
  // There is one of them, whatever its key says after the cluster.
  return (
    catalog.items.get(key) ?? (kind === "cluster" ? clusterNamed(catalog, decodeURIComponent(cluster)) : undefined)
  );
}

function namespaceOf(catalog: Catalog, cluster: string, name: string): NamespaceItem | undefined {
  const item = catalog.items.get(itemKey("namespace", cluster, "", name));
  return item?.kind === "namespace" ? item : undefined;
}

/** The namespace where somebody made it: of a twin the one at home, with its cluster. */
export function homeOf(catalog: Catalog, cluster: string, namespace: string): { cluster: string; namespace: string } {
  const origin = namespaceOf(catalog, cluster, namespace)?.origin;
  if (origin === undefined) return { cluster, namespace };
  return { cluster: nameOfID(catalog, origin.clusterID), namespace: origin.namespace };
}

/** The same peering as the other cluster has it, where that one is looked at. */
export function otherSide(catalog: Catalog, peering: PeeringItem): PeeringItem | undefined {
  const here = clusterNamed(catalog, peering.cluster);
  const there = catalog.byID.get(peering.peer);
  if (there === undefined || here?.id === undefined) return undefined;
  return catalog.of.peering.find(({ cluster, peer }) => cluster === there.cluster && peer === here.id);
}

export function twinOf(catalog: Catalog, pod: PodItem): PodItem | undefined {
  const twin: ItemKey | undefined = pod.twin;
  const item = twin === undefined ? undefined : catalog.items.get(twin);
  return item?.kind === "pod" ? item : undefined;
}

/** Namespaces of Kubernetes and of Liqo, whose pods are rarely what somebody looks for. */
export function isSystem(namespace: string): boolean {
  return /^(kube-.+|liqo|liqo-(storage|tenant-.+)|local-path-storage)$/.test(namespace);
}

export interface Filter {
  readonly namespace?: string | undefined;
  readonly system: boolean;
}

/** Pods to show: of one namespace, with the twins of its pods, or of all that are not the system's. */
export function selectedPods(catalog: Catalog, { namespace, system }: Filter): readonly PodItem[] {
  const homes = new Map<string, string>();
  const home = (pod: PodItem): string => {
    const key = `${pod.cluster}/${pod.namespace}`;
    const known = homes.get(key);
    if (known !== undefined) return known;
    const found = homeOf(catalog, pod.cluster, pod.namespace).namespace;
    homes.set(key, found);
    return found;
  };
  if (namespace !== undefined) return catalog.of.pod.filter((pod) => home(pod) === namespace);
  return system ? catalog.of.pod : catalog.of.pod.filter((pod) => !isSystem(home(pod)));
}
