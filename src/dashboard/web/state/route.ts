/** Where in the page somebody is, as the part of the address after `#`: each place can be linked to. */
import type { ItemKey, ItemKind } from "../../model/items.ts";

export type ListKind = "pods" | "namespaces" | "services" | "peerings";

export interface Place {
  readonly page: "federation" | "history" | "item" | "unknown" | ListKind;
  /** Of page item. */
  readonly key?: ItemKey;
  /** The time that is looked at. Undefined is now. */
  readonly at?: number;
  /** Only pods of this namespace, twins of them included. */
  readonly namespace?: string;
  /** Of page history: changes between these, of this item. */
  readonly from?: number;
  readonly to?: number;
  readonly about?: ItemKey;
}

const LISTS: readonly string[] = ["pods", "namespaces", "services", "peerings"];
const NAMESPACED: readonly string[] = ["pod", "service", "workload", "reflected"] satisfies ItemKind[];
const OF_CLUSTER: readonly string[] = ["node", "namespace", "peering"] satisfies ItemKind[];

export function parseRoute(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  return { ...pageOf(path.split("/").filter((part) => part !== "")), ...parametersOf(new URLSearchParams(query)) };
}

export function hrefOf(place: Place): string {
  const query = new URLSearchParams();
  if (place.namespace !== undefined) query.set("namespace", place.namespace);
  if (place.about !== undefined) query.set("about", place.about);
  for (const name of ["at", "from", "to"] as const) {
    const time = place[name];
    if (time !== undefined) query.set(name, String(Math.round(time)));
  }
  const text = query.toString();
  return `#/${pathOf(place)}${text === "" ? "" : `?${text}`}`;
}

function pathOf({ page, key }: Place): string {
  if (page === "federation" || page === "unknown") return "";
  // An empty part is a kind's that has no namespace, or no name.
  return page === "item" ? (key ?? "").replaceAll(/\/+/g, "/").replace(/\/$/, "") : page;
}

function pageOf(parts: readonly string[]): Place {
  const [kind = "", cluster, first, second, ...more] = parts;
  if (kind === "" || kind === "federation") return { page: "federation" };
  if (kind === "history") return { page: "history" };
  if (LISTS.includes(kind) && cluster === undefined) return { page: kind as ListKind };
  if (cluster === undefined || more.length > 0) return { page: "unknown" };
  if (kind === "cluster" && first === undefined) return { page: "item", key: `cluster/${cluster}//` };
  if (OF_CLUSTER.includes(kind) && first !== undefined && second === undefined)
    return { page: "item", key: `${kind}/${cluster}//${first}` };
  if (NAMESPACED.includes(kind) && first !== undefined && second !== undefined)
    return { page: "item", key: `${kind}/${cluster}/${first}/${second}` };
  return { page: "unknown" };
}

function parametersOf(query: URLSearchParams): Partial<Place> {
  const namespace = query.get("namespace");
  const about = query.get("about");
  const times = (["at", "from", "to"] as const).flatMap((name) => {
    const value = query.get(name);
    return value !== null && /^\d{1,15}$/.test(value) ? [[name, Number(value)]] : [];
  });
  return {
    ...Object.fromEntries(times),
    ...(namespace === null || namespace === "" ? {} : { namespace }),
    ...(about === null || about === "" ? {} : { about }),
  };
}
