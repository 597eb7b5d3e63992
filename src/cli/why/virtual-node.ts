/** A provider's resources as a Node: VirtualNode, its virtual kubelet, and what that tells of itself. Pure. */

import * as annotations from "#api/annotations.ts";
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { isReplica } from "#api/predicates.ts";
import { identityChain, identityLinks, sliceLinks } from "./authentication.ts";
import { broken, type Chain, ok } from "./link.ts";
import { hasNetwork, networkChain, podsLink } from "./network.ts";
import { nodeState } from "./node-state.ts";
import type { PeerFacts } from "./peer-facts.ts";
import { isHidden, unseen, visible } from "./seen.ts";

/** From the slice that it is made of to the Node. */
export function* virtualNodeChain(facts: PeerFacts, own: VirtualNode): Chain {
  const { name = "", namespace = "", deletionTimestamp } = own.metadata ?? {};
  if (deletionTimestamp !== undefined)
    return yield broken(
      "VirtualNode",
      `${name} is being deleted: its pods are drained first`,
      `kubectl get pods -A --field-selector spec.nodeName=${name}`,
    );
  if (own.spec?.createNode === false)
    return yield broken(
      "VirtualNode",
      `${name} is to have no Node: its spec.createNode is false`,
      `kubectl patch virtualnode ${name} -n ${namespace} --type merge -p '{"spec":{"createNode":true}}'`,
    );
  yield ok("VirtualNode", `${namespace}/${name} stands for resources of ${facts.id}`);
  yield* sliceOf(facts, own);
  yield* kubeconfigLinks(facts, own);
  yield* identityLinks(facts);
  yield* kubeletLink(facts, own);
  if (own.spec?.disableNetworkCheck !== true && hasNetwork(facts)) yield* networkChain(facts);
  yield* nodeLinks(facts, name);
}

function* sliceOf(facts: PeerFacts, { metadata }: VirtualNode): Chain {
  const wanted = metadata?.ownerReferences?.find(({ kind }) => kind === "ResourceSlice")?.name;
  if (wanted === undefined) return;
  if (isHidden(facts.slices)) return yield unseen("ResourceSlice", "the ResourceSlice", facts.slices);
  const slice = facts.slices.find((each) => each.metadata?.name === wanted && !isReplica(each));
  if (slice === undefined)
    return yield broken("ResourceSlice", `${wanted}, which it is made of, is gone`, "liqoctl create resourceslice");
  yield* sliceLinks(facts, slice);
}

/** With which the virtual kubelet goes to the provider. */
function* kubeconfigLinks(facts: PeerFacts, { metadata, spec }: VirtualNode): Chain {
  const name = spec?.kubeconfigSecretRef?.name ?? "";
  const { identities, secrets } = facts;
  const edit = `kubectl get virtualnode ${metadata?.name} -n ${metadata?.namespace} -o yaml`;
  if (name === "") return yield broken("identity", `VirtualNode ${metadata?.name} names no kubeconfig`, edit);
  if (isHidden(secrets)) return yield unseen("identity", `Secret ${metadata?.namespace}/${name}`, secrets);
  if (!secrets.some((secret) => secret.metadata?.name === name))
    return yield broken("identity", `its kubeconfig, Secret ${metadata?.namespace}/${name}, does not exist`, edit);
  const identity = visible(identities)?.find(({ status }) => status?.kubeconfigSecretRef?.name === name);
  if (identity !== undefined) yield* identityChain(facts, identity);
}

function* kubeletLink({ kubelets }: PeerFacts, { metadata }: VirtualNode): Chain {
  if (isHidden(kubelets)) return yield unseen("virtual kubelet", "its pod", kubelets);
  const own = kubelets.filter((pod) => pod.metadata?.labels?.[labels.VIRTUAL_NODE] === metadata?.name);
  yield podsLink("virtual kubelet", `the virtual kubelet of ${metadata?.name}`, own, metadata?.namespace ?? "");
}

function* nodeLinks({ nodes, leases, nowMs }: PeerFacts, name: string): Chain {
  if (isHidden(nodes)) return yield unseen("node", `Node ${name}`, nodes);
  const node = nodes.find(({ metadata }) => metadata?.name === name);
  if (node === undefined)
    return yield broken(
      "node",
      `its virtual kubelet has not made Node ${name} yet`,
      "see the logs of the virtual kubelet",
    );
  const lease = visible(leases)?.find(({ metadata }) => metadata?.name === name);
  yield* nodeState(node, lease, nowMs);
}

/** Slices that are to become nodes, one by one. */
export function* offloadingChain(facts: PeerFacts): Chain {
  if (isHidden(facts.slices)) return yield unseen("ResourceSlice", "the ResourceSlices", facts.slices);
  if (isHidden(facts.virtualNodes)) return yield unseen("VirtualNode", "the VirtualNodes", facts.virtualNodes);
  const own = facts.slices.filter((slice) => !isReplica(slice));
  if (own.length === 0 && facts.virtualNodes.length === 0)
    return yield ok("offloading", `nothing is asked of ${facts.id}: no pods of this cluster run there`);
  for (const slice of own) yield* sliceToNode(facts, slice, facts.virtualNodes);
  for (const node of facts.virtualNodes) yield* virtualNodeLinks(facts, node);
}

function* sliceToNode(facts: PeerFacts, slice: ResourceSlice, all: readonly VirtualNode[]): Chain {
  yield* sliceLinks(facts, slice);
  const { uid, name, namespace } = slice.metadata ?? {};
  if (all.some(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.uid === uid) === true)) return;
  const isWanted = slice.metadata?.annotations?.[annotations.CREATE_VIRTUAL_NODE] === "true";
  yield isWanted
    ? broken(
        "VirtualNode",
        `none is made of ResourceSlice ${name} yet`,
        `kubectl describe resourceslice ${name} -n ${namespace}`,
      )
    : ok("VirtualNode", `none is asked for of ResourceSlice ${name}`);
}

/** Without what the whole peering has in common. */
function* virtualNodeLinks(facts: PeerFacts, own: VirtualNode): Chain {
  yield* kubeconfigLinks(facts, own);
  if (own.spec?.createNode === false) return;
  yield* kubeletLink(facts, own);
  yield* nodeLinks(facts, own.metadata?.name ?? "");
}
