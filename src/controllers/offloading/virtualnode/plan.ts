/** What becomes of a VirtualNode. Upstream: pkg/liqo-controller-manager/offloading/virtualnode-controller */
import type { Node } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { isVirtualNode } from "#api/predicates.ts";

export type Plan =
  | { readonly do: "nothing" }
  /** Its virtual kubelet gets rights in the whole cluster: only where nobody but Liqo and administrators writes. */
  | { readonly do: "misplaced" }
  | { readonly do: "remove" }
  | { readonly do: "run" };

/** `peer`: whose tenant namespace it lies in. */
export function planVirtualNode(node: VirtualNode | undefined, peer: string | undefined): Plan {
  if (node === undefined) return { do: "nothing" };
  if (node.metadata?.deletionTimestamp !== undefined) return { do: "remove" };
  // The webhook gives it its template.
  if (node.spec?.template?.spec === undefined) return { do: "nothing" };
  return peer === node.spec.clusterID ? { do: "run" } : { do: "misplaced" };
}

/** The Configuration of the network with the node's provider. */
export function networkOf({ metadata, spec }: VirtualNode, all: readonly Configuration[]): Configuration | undefined {
  return all.find(
    (configuration) =>
      configuration.metadata?.namespace === metadata?.namespace &&
      configuration.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === spec?.clusterID,
  );
}

/** Whether it has a Node although it is to have none: its user has changed that. */
export function hasNodeTooMany({ spec }: VirtualNode, node: Node | undefined): boolean {
  return spec?.createNode === false && node !== undefined && isVirtualNode(node);
}

/** Whether no other VirtualNode of its provider is left. */
export function isLast({ metadata, spec }: VirtualNode, all: readonly VirtualNode[]): boolean {
  return !all.some((other) => other.spec?.clusterID === spec?.clusterID && other.metadata?.uid !== metadata?.uid);
}
