import type { ComponentChildren } from "preact";
import type { Item, ItemKey } from "../../model/items.ts";
import { itemKey } from "../../model/items.ts";
import type { App } from "../state/app.ts";
import { itemAt } from "../state/catalog.ts";
import { nameOf } from "../state/words.ts";
import { useApp } from "./context.ts";

/** Of what has no page of its own: the namespace where it is. */
export function hrefOfAny(app: App, item: Item): string {
  return item.kind === "reflected" || item.kind === "workload"
    ? app.hrefOfItem(itemKey("namespace", item.cluster, "", item.namespace))
    : app.hrefOfItem(item.key);
}

export function ItemLink({ of, children }: { readonly of: ItemKey; readonly children?: ComponentChildren }) {
  const app = useApp();
  const item = itemAt(app.catalog.value, of);
  const name =
    item === undefined ? decodeURIComponent(of.split("/").findLast((part) => part !== "") ?? of) : nameOf(item);
  if (item === undefined) return <span>{children ?? name}</span>;
  return <a href={hrefOfAny(app, item)}>{children ?? name}</a>;
}

export function NamespaceLink({ cluster, name }: { readonly cluster: string; readonly name: string }) {
  return <ItemLink of={itemKey("namespace", cluster, "", name)}>{name}</ItemLink>;
}

export function ClusterLink({ name }: { readonly name: string }) {
  return <ItemLink of={itemKey("cluster", name, "", "")}>{name}</ItemLink>;
}
