/** What is to happen to the InternalNode of a node. Upstream: pkg/liqo-controller-manager/networking/internal-network/node-controller */
import type { Node } from "kubernetes-types/core/v1";
import type { InternalNode } from "#api/networking/internal.ts";
import { isVirtualNode } from "#api/predicates.ts";

export interface Observed {
  readonly node: Node | undefined;
  readonly internal: InternalNode | undefined;
  readonly isUninstalling: boolean;
}

export type Plan =
  | { readonly do: "nothing" }
  | { readonly do: "create" }
  | { readonly do: "delete"; readonly internal: InternalNode };

/** One per physical node. What exists is kept as it is: gateways and nodes have set up its address. */
export function planInternalNode({ node, internal, isUninstalling }: Observed): Plan {
  if (node === undefined || isVirtualNode(node))
    return internal === undefined ? { do: "nothing" } : { do: "delete", internal };
  return internal !== undefined || isUninstalling ? { do: "nothing" } : { do: "create" };
}
