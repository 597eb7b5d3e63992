/** What the search box finds: every word has to be somewhere in the item; the name counts most. */
import type { Item } from "../../model/items.ts";
import { compare } from "./catalog.ts";
import type { Items } from "./picture.ts";
import { kindWords, nameOf } from "./words.ts";

const ORDER: readonly Item["kind"][] = [
  "cluster",
  "peering",
  "namespace",
  "service",
  "workload",
  "node",
  "pod",
  "reflected",
];

export function found(items: Items, query: string, limit: number): readonly Item[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const hits: { readonly item: Item; readonly rank: number }[] = [];
  for (const item of items.values()) {
    const rank = rankOf(item, words);
    if (rank !== undefined) hits.push({ item, rank });
  }
  hits.sort(
    (a, b) =>
      a.rank - b.rank ||
      ORDER.indexOf(a.item.kind) - ORDER.indexOf(b.item.kind) ||
      compare(nameOf(a.item), nameOf(b.item)),
  );
  return hits.slice(0, limit).map(({ item }) => item);
}

/** Smaller is better: the name itself, its begin, inside the name, elsewhere. */
function rankOf(item: Item, words: readonly string[]): number | undefined {
  const name = nameOf(item).toLowerCase();
  const rest = textOf(item).toLowerCase();
  let rank = 0;
  for (const word of words) {
    if (name === word) continue;
    if (name.startsWith(word)) rank += 1;
    else if (name.includes(word)) rank += 2;
    else if (rest.includes(word)) rank += 4;
    else return undefined;
  }
  return rank;
}

function textOf(item: Item): string {
  const namespace = "namespace" in item ? item.namespace : "";
  const more = item.kind === "pod" ? `${item.status} ${item.ip ?? ""} ${item.node ?? ""} ${item.owner ?? ""}` : "";
  const addresses = item.kind === "service" ? `${item.clusterIP ?? ""} ${item.external.join(" ")}` : "";
  return `${kindWords(item)} ${item.kind} ${item.cluster} ${namespace} ${more} ${addresses}`;
}
