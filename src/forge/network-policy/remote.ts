/** The provider's NetworkPolicy of a ShadowNetworkPolicy. Not upstream's. */
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer } from "kubernetes-types/networking/v1";
import * as labels from "#api/labels.ts";
import type { ShadowNetworkPolicy, ShadowPolicyPeer, ShadowPolicyRule } from "#api/offloading/shadow.ts";
import { parseCidr } from "#base/cidr.ts";
import { controllerReference } from "#machinery/meta.ts";
import { marksOfShadow } from "../marks.ts";
import { GLOBAL_LABELS } from "../names.ts";
import { blockWithout, isEverywhere, isIpv4Block, type Move, movedBlocks } from "./blocks.ts";
import { DNS } from "./dns.ts";

/** On the NetworkPolicies that are made of ShadowNetworkPolicies. */
const MANAGED_BY_SHADOW_POLICY = "shadownetworkpolicy";

/** What a NetworkPolicy has room for: an API server takes objects of some 1.5 MB. */
const MOST_PEERS = 5_000;
const NAMESPACE_NAME = "kubernetes.io/metadata.name";

export interface RemotePolicyOptions {
  /** A pod's address, as the consumer tells of it, in this cluster's view; undefined: it has none here. */
  readonly place: (address: string) => string | undefined;
  /** The consumer's own CIDRs, and what they are here. */
  readonly moves: readonly Move[];
  /** CIDRs that mean something else here than at the consumer's: this cluster's pods, and what it sees of any peer. */
  readonly reserved: readonly string[];
  /** Whether a namespace of this cluster is a twin of that consumer. */
  readonly isTwin: (namespace: string) => boolean;
  /** Somebody here isolates these pods by policies, to which the consumer's would only add. */
  readonly hasOwnPolicies: boolean;
}

export interface RemotePolicy {
  readonly policy: NetworkPolicy;
  /** What is left out; whatever it is, less is allowed. */
  readonly refused: readonly string[];
}

export function forgeRemotePolicy(shadow: ShadowNetworkPolicy, options: RemotePolicyOptions): RemotePolicy {
  const { name = "", namespace = "", labels: own, annotations } = shadow.metadata ?? {};
  const { podSelector, policyTypes = ["Ingress"], ingress = [], egress = [] } = shadow.spec ?? {};
  const refused: string[] = [];
  const place = (rules: readonly ShadowPolicyRule[], field: "ingress" | "egress") =>
    options.hasOwnPolicies ? [] : rules.flatMap((rule, i) => placeRule(rule, `spec.${field}[${i}]`, options, refused));
  const inwards = place(ingress, "ingress").map(({ peers, ports }) => ({
    ...(peers !== undefined && { from: peers }),
    ...(ports !== undefined && { ports }),
  }));
  const outwards = place(egress, "egress").map(({ peers, ports }) => ({
    ...(peers !== undefined && { to: peers }),
    ...(ports !== undefined && { ports }),
  }));
  if (options.hasOwnPolicies)
    refused.push(
      `this cluster has NetworkPolicies of its own in namespace ${namespace}, to which the consumer's may not add: the pods are isolated, and its rules allow nothing`,
    );
  return {
    policy: {
      metadata: {
        name,
        namespace,
        labels: { ...marksOfShadow(own), ...GLOBAL_LABELS, [labels.MANAGED_BY]: MANAGED_BY_SHADOW_POLICY },
        ...(annotations !== undefined && { annotations: marksOfShadow(annotations) }),
        ownerReferences: [controllerReference(shadow)],
      },
      spec: {
        podSelector: podSelector ?? {},
        policyTypes: [...policyTypes],
        ...(inwards.length > 0 && { ingress: inwards }),
        ...(outwards.length > 0 && { egress: outwards }),
      },
    },
    refused,
  };
}

interface PlacedRule {
  readonly peers?: NetworkPolicyPeer[];
  readonly ports?: NonNullable<ShadowPolicyRule["ports"]>;
}

/** None where nobody is left: a rule without peers would allow everybody. */
function placeRule(
  { peers = [], ports }: ShadowPolicyRule,
  at: string,
  options: RemotePolicyOptions,
  refused: string[],
): PlacedRule[] {
  const own = ports === undefined ? {} : { ports };
  if (peers.length === 0) return [own];
  const placed = peers.flatMap((peer, i) => placePeer(peer, `${at}.peers[${i}]`, options, refused));
  if (placed.length > MOST_PEERS) {
    refused.push(`${at}: ${placed.length} peers, more than the ${MOST_PEERS} that a policy may have here`);
    return [];
  }
  return placed.length === 0 ? [] : [{ peers: placed, ...own }];
}

function placePeer(
  peer: ShadowPolicyPeer,
  at: string,
  options: RemotePolicyOptions,
  refused: string[],
): NetworkPolicyPeer[] {
  const { podSelector, namespaces, addresses, ipBlock, nativeBlock, clusterDns } = peer;
  if (clusterDns === true)
    return [
      {
        podSelector: { matchLabels: { ...DNS.labels } },
        namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: DNS.namespace } },
      },
    ];
  if (addresses !== undefined) {
    const placed = addresses.flatMap((address) => options.place(address) ?? []);
    if (placed.length < addresses.length)
      refused.push(`${at}.addresses: ${addresses.length - placed.length} are not of the consumer's network`);
    return [...new Set(placed)].sort().map((address) => ({ ipBlock: { cidr: `${address}/32` } }));
  }
  if (nativeBlock !== undefined) return isIpv4Block(nativeBlock) ? [{ ipBlock: nativeBlock }] : [];
  if (ipBlock !== undefined) return placeBlock(ipBlock, options).map((block) => ({ ipBlock: block }));
  if (namespaces === undefined) return [{ podSelector: podSelector ?? {} }];
  const twins = namespaces.filter(options.isTwin);
  if (twins.length < namespaces.length) refused.push(`${at}.namespaces: not all of them are the consumer's`);
  if (twins.length === 0) return [];
  return [
    {
      ...(podSelector !== undefined && { podSelector }),
      namespaceSelector: { matchExpressions: [{ key: NAMESPACE_NAME, operator: "In", values: twins }] },
    },
  ];
}

function placeBlock(block: IPBlock, { moves, reserved }: RemotePolicyOptions): IPBlock[] {
  if (isEverywhere(block)) return [block];
  const known = [...moves.map(({ from }) => from), ...reserved].filter((cidr) => parseCidr(cidr) !== undefined);
  return [...movedBlocks(block, moves), ...blockWithout(block, known)];
}
