/** Which Route- and FirewallConfigurations an agent applies, by their labels. Upstream: cmd/{gateway,fabric}/main.go */
import * as labels from "#api/labels.ts";
import type { KubeObject } from "#machinery/meta.ts";

export interface LabelNames {
  readonly category: string;
  readonly subcategory: string;
  readonly unique: string;
}

export const ROUTE_LABELS: LabelNames = {
  category: labels.ROUTE_CATEGORY,
  subcategory: labels.ROUTE_SUBCATEGORY,
  unique: labels.ROUTE_UNIQUE,
};
export const FIREWALL_LABELS: LabelNames = {
  category: labels.FIREWALL_CATEGORY,
  subcategory: labels.FIREWALL_SUBCATEGORY,
  unique: labels.FIREWALL_UNIQUE,
};

/** Who asks: the gateway of one peer, or the fabric of one node. */
export type Place =
  | { readonly category: "gateway"; readonly remoteClusterId: string; readonly nodeName: string }
  | { readonly category: "fabric"; readonly nodeName: string };

// Subcategories whose `unique` label is a node's name; elsewhere it is the identifier of a peer.
const OF_ONE_NODE: ReadonlySet<string> = new Set(["fabric-node", "single-node"]);

export function isSelected(place: Place, names: LabelNames, object: KubeObject): boolean {
  const found = object.metadata?.labels ?? {};
  if (found[names.category] !== place.category) return false;
  const unique = found[names.unique];
  if (unique === undefined) return true;
  if (place.category === "fabric" || OF_ONE_NODE.has(found[names.subcategory] ?? "")) return unique === place.nodeName;
  return unique === place.remoteClusterId;
}
