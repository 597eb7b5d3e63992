/** Why a node takes no pods: a virtual one back to the slice that it is made of, an ordinary one as itself. Pure. */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { InternalNode } from "#api/networking/internal.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { broken, type Chain, ok } from "./link.ts";
import { podsLink } from "./network.ts";
import { nodeState } from "./node-state.ts";
import type { PeerFacts } from "./peer-facts.ts";
import { isHidden, type Seen, unseen } from "./seen.ts";
import { virtualNodeChain } from "./virtual-node.ts";

/** Either there is a VirtualNode of that name, or a Node, or both. */
export interface NodeFacts {
  readonly name: string;
  readonly node: Node | undefined;
  readonly own: VirtualNode | undefined;
  /** Of its provider, where it is a virtual one. */
  readonly peer: PeerFacts | undefined;
  readonly lease: Seen<Lease | undefined>;
  /** liqo-fabric on it; undefined: Liqo is not installed. */
  readonly fabric: Seen<readonly Pod[]> | undefined;
  readonly internal: Seen<InternalNode | undefined>;
  readonly nowMs: number;
}

export function* nodeChain(facts: NodeFacts): Chain {
  const { name, own, peer, node } = facts;
  if (peer !== undefined && own !== undefined) return yield* virtualNodeChain(peer, own);
  if (peer !== undefined)
    return yield broken(
      "VirtualNode",
      `${name} is labelled as a virtual node of ${peer.id}, and there is no VirtualNode of that name`,
      `it is left over: kubectl delete node ${name}`,
    );
  if (node === undefined) return;
  const { lease } = facts;
  if (isHidden(lease)) yield unseen("lease", "its Lease", lease);
  yield* nodeState(node, isHidden(lease) ? undefined : lease, facts.nowMs);
  yield* fabric(facts);
}

/** What takes packets of its pods to peers. */
function* fabric({ name, fabric: pods, internal }: NodeFacts): Chain {
  if (pods === undefined) return yield ok("network", "Liqo is not installed: there are no peers to reach");
  if (isHidden(pods)) return yield unseen("network", "liqo-fabric", pods);
  yield podsLink("network", `liqo-fabric on ${name}`, pods, pods[0]?.metadata?.namespace ?? "liqo");
  if (isHidden(internal)) return yield unseen("overlay", "the InternalNode", internal);
  yield internal === undefined
    ? broken(
        "overlay",
        `there is no InternalNode ${name}: gateways do not know the way to it`,
        "see liqo-controller-manager's logs",
      )
    : ok("overlay", "gateways know the way to it");
}
