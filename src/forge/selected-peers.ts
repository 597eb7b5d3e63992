/** Which peers a NamespaceOffloading selects. Upstream: pkg/liqo-controller-manager/offloading/namespaceoffloading-controller */
import type { Node } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import type { NamespaceOffloading } from "#api/offloading/namespace.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { matchesNodeSelector } from "#machinery/node-affinity.ts";

/** Peers with at least one VirtualNode that the selector matches; no terms select everybody. */
export function selectPeers(offloading: NamespaceOffloading, nodes: readonly VirtualNode[]): Set<string> {
  const selector = offloading.spec?.clusterSelector;
  const hasTerms = (selector?.nodeSelectorTerms ?? []).length > 0;
  const chosen = nodes.filter(
    (node) =>
      node.metadata?.deletionTimestamp === undefined &&
      (!hasTerms || selector === undefined || matchesNodeSelector(selector, fakeNode(node))),
  );
  return new Set(chosen.map(({ spec }) => spec?.clusterID ?? ""));
}

/** The Node that the VirtualNode will become, as far as selectors look. */
function fakeNode({ metadata, spec }: VirtualNode): Node {
  const own = { [labels.TYPE]: labels.TYPE_VIRTUAL_NODE, [labels.REMOTE_CLUSTER_ID]: spec?.clusterID ?? "" };
  return { metadata: { name: metadata?.name ?? "", labels: { ...own, ...spec?.labels } } };
}
