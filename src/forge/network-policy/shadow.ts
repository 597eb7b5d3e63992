/**
 * The ShadowNetworkPolicy of a local NetworkPolicy: pods that run at the provider are named by selectors, all others by their
 * addresses. What cannot be said there allows nobody. Not upstream's.
 */
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { isLiqoKey } from "#api/liqo-keys.ts";
import type { ShadowNetworkPolicy, ShadowPolicyPeer, ShadowPolicyRule } from "#api/offloading/shadow.ts";
import { type LabelSelector, selects } from "#machinery/selector.ts";
import { forgeReflectedMetadata, type ReflectionScope } from "../reflected-metadata.ts";
import { blockWithout, isEverywhere, isIpv4Block, type Move, movedBlocks } from "./blocks.ts";
import { DNS } from "./dns.ts";

/** What a policy may name outside of the provider. Each becomes a block of a NetworkPolicy, which has to stay readable. */
const MOST_ADDRESSES = 1_000;

/** A pod that runs elsewhere. */
export interface ForeignPod {
  /** As the consumer tells peers of it; undefined: it has none. */
  readonly address: string | undefined;
  /** It runs at another provider: its packets come through the consumer, under the one address of all that is no pod there. */
  readonly isRelayed: boolean;
  /** What its ports are called. */
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
}

/** The consumer's namespaces and pods, as far as policies name them. */
export interface PolicyView {
  /** The pods of the namespace that are selected and do not run at the provider. */
  readonly foreignPods: (namespace: string, selector: LabelSelector | undefined) => readonly ForeignPod[];
  readonly namespaces: (selector: LabelSelector) => readonly string[];
  readonly twinOf: (namespace: string) => string | undefined;
  /** From the provider's pod CIDRs as they are seen here to what they are there. */
  readonly native: readonly Move[];
}

export interface ShadowPolicy {
  readonly shadow: ShadowNetworkPolicy;
  /** What is left out, by field: `spec.ingress[0].from[1].ipBlock: …` */
  readonly refused: readonly string[];
}

export function forgeShadowNetworkPolicy(
  local: NetworkPolicy,
  namespace: string,
  scope: ReflectionScope,
  view: PolicyView,
): ShadowPolicy {
  const { podSelector, policyTypes, ingress = [], egress = [] } = local.spec ?? {};
  const budget = { left: MOST_ADDRESSES };
  const forging: Forging = { own: local.metadata?.namespace ?? "", view, scope, budget, refused: [] };
  const metadata = forgeReflectedMetadata(local, namespace, scope);
  const types = (policyTypes ?? ["Ingress", ...(egress.length > 0 ? ["Egress"] : [])]) as ("Ingress" | "Egress")[];
  const key = unknownKey(podSelector, scope);
  if (key !== undefined) {
    const refused = `spec.podSelector: label ${key} does not travel, so it says nothing of pods there: all of them are isolated, and nothing is allowed by this policy`;
    return { shadow: { metadata, spec: { podSelector: {}, policyTypes: types } }, refused: [refused] };
  }
  const inwards = ingress.flatMap(({ from, ports }, i) =>
    forgeRules(forging, { at: `spec.ingress[${i}]`, field: "from", peers: from, ports }),
  );
  const outwards = egress.flatMap(({ to, ports }, i) =>
    forgeRules(forging, { at: `spec.egress[${i}]`, field: "to", peers: to, ports }),
  );
  return {
    shadow: {
      metadata,
      spec: {
        podSelector: selectorOf(podSelector),
        policyTypes: types,
        ...(inwards.length > 0 && { ingress: inwards }),
        ...(outwards.length > 0 && { egress: outwards }),
      },
    },
    refused: forging.refused,
  };
}

interface Forging {
  readonly own: string;
  readonly view: PolicyView;
  readonly scope: ReflectionScope;
  readonly budget: { left: number };
  readonly refused: string[];
}

interface LocalRule {
  readonly at: string;
  readonly field: "from" | "to";
  readonly peers: readonly NetworkPolicyPeer[] | undefined;
  readonly ports: readonly NetworkPolicyPort[] | undefined;
}

/** None where nobody is left: a rule without peers would allow everybody. */
function forgeRules(forging: Forging, { at, field, peers = [], ports = [] }: LocalRule): ShadowPolicyRule[] {
  const own = ports.length > 0 ? { ports: [...ports] } : {};
  const isNamed = field === "to" && ports.some(({ port }) => typeof port === "string");
  if (peers.length === 0) {
    if (isNamed)
      forging.refused.push(
        `${at}.ports: a name means nothing of pods that run elsewhere: use numbers, or say ${at}.to`,
      );
    return [own];
  }
  const selected: ShadowPolicyPeer[] = [];
  const foreign: ForeignPod[] = [];
  for (const [i, peer] of peers.entries()) {
    const where = `${at}.${field}[${i}]`;
    if (peer.ipBlock !== undefined) selected.push(...forgeBlocks(forging, peer.ipBlock, `${where}.ipBlock`));
    else {
      selected.push(...forgeSelector(forging, peer, where));
      if (field === "to" && isClusterDns(peer, forging.view)) selected.push({ clusterDns: true });
      foreign.push(...foreignPods(forging, peer, where, field === "from"));
    }
  }
  const addressed = isNamed ? byPorts(foreign, ports) : [{ pods: foreign, own }];
  const others = addressed.flatMap(({ pods, own: theirs }) =>
    pods.length === 0 ? [] : [{ peers: [{ addresses: addressesOf(pods) }], ...theirs }],
  );
  if (isNamed) return [...(selected.length > 0 ? [{ peers: selected, ...own }] : []), ...others];
  const all = [...selected, ...others.flatMap((rule) => rule.peers)];
  return all.length > 0 ? [{ peers: all, ...own }] : [];
}

function forgeBlocks(forging: Forging, block: IPBlock, at: string): ShadowPolicyPeer[] {
  if (!isIpv4Block(block)) {
    forging.refused.push(
      `${at}: ${block.cidr} is not of IPv4, which is all that peers reach each other by: use an IPv4 block`,
    );
    return [];
  }
  if (isEverywhere(block)) return [{ ipBlock: { cidr: block.cidr } }];
  const { native } = forging.view;
  const seen = native.map(({ to }) => to);
  const there = movedBlocks(
    block,
    native.map(({ from, to }) => ({ from: to, to: from })),
  );
  return [
    ...blockWithout(block, seen).map((ipBlock) => ({ ipBlock })),
    ...there.map((nativeBlock) => ({ nativeBlock })),
  ];
}

/** Whom the provider finds by itself. */
function forgeSelector({ view, scope, refused }: Forging, peer: NetworkPolicyPeer, at: string): ShadowPolicyPeer[] {
  const { podSelector, namespaceSelector } = peer;
  const key = unknownKey(podSelector, scope);
  if (key !== undefined) {
    refused.push(`${at}.podSelector: label ${key} does not travel, so no pod there is selected: use another label`);
    return [];
  }
  const pods = podSelector === undefined ? {} : { podSelector: selectorOf(podSelector) };
  if (namespaceSelector === undefined) return [pods];
  const twins = view.namespaces(namespaceSelector).flatMap((name) => view.twinOf(name) ?? []);
  return twins.length === 0 ? [] : [{ ...pods, namespaces: twins.toSorted() }];
}

/** Whoever allows this cluster's DNS means that names are resolved, which a pod at the provider does there. */
function isClusterDns({ namespaceSelector, podSelector }: NetworkPolicyPeer, view: PolicyView): boolean {
  if (namespaceSelector === undefined || !selects(podSelector ?? {}, DNS.labels)) return false;
  return view.namespaces(namespaceSelector).includes(DNS.namespace);
}

function foreignPods(
  { own, view, budget, refused }: Forging,
  { podSelector, namespaceSelector }: NetworkPolicyPeer,
  at: string,
  areSenders: boolean,
): ForeignPod[] {
  const namespaces = namespaceSelector === undefined ? [own] : view.namespaces(namespaceSelector);
  const pods = namespaces.flatMap((name) => view.foreignPods(name, podSelector));
  const known = areSenders ? pods.filter(({ isRelayed }) => !isRelayed) : pods;
  if (known.length < pods.length)
    refused.push(`${at}: pods of other providers come in under one address, whoever they are: use an ipBlock for it`);
  const reachable = known.filter(({ address }) => address !== undefined);
  if (reachable.length < known.length)
    refused.push(`${at}: pods of other providers that have no IP object have no address there: wait for their IPs`);
  if (reachable.length > budget.left) {
    refused.push(
      `${at}: more than ${MOST_ADDRESSES} pods of this policy run elsewhere: select fewer, or use an ipBlock`,
    );
    return [];
  }
  budget.left -= reachable.length;
  return reachable;
}

/** Pods whose ports of these names have the same numbers, with the numbers in place of the names. */
function byPorts(pods: readonly ForeignPod[], ports: readonly NetworkPolicyPort[]) {
  const resolved = pods.map((pod) => ({ pod, ports: ports.flatMap((port) => numbered(pod, port)) }));
  return [...Map.groupBy(resolved, (each) => JSON.stringify(each.ports)).values()]
    .filter(([first]) => (first?.ports.length ?? 0) > 0)
    .map((group) => ({ pods: group.map(({ pod }) => pod), own: { ports: group[0]?.ports ?? [] } }));
}

function numbered(pod: ForeignPod, port: NetworkPolicyPort): NetworkPolicyPort[] {
  const { protocol = "TCP" } = port;
  if (typeof port.port !== "string") return [port];
  return pod.ports
    .filter((own) => own.name === port.port && own.protocol === protocol)
    .map((own) => ({ protocol, port: own.port }));
}

function addressesOf(pods: readonly ForeignPod[]): string[] {
  return [...new Set(pods.flatMap(({ address }) => address ?? []))].sort();
}

/** A key that pods do not carry at the provider, or carry with another value. */
function unknownKey(selector: LabelSelector | undefined, { labelsNotReflected }: ReflectionScope): string | undefined {
  const keys = [
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map((each) => each.key),
  ];
  return keys.find((key) => isLiqoKey(key) || labelsNotReflected.includes(key));
}

function selectorOf({ matchLabels, matchExpressions }: LabelSelector = {}) {
  return {
    ...(matchLabels !== undefined && { matchLabels: { ...matchLabels } }),
    ...(matchExpressions !== undefined && {
      matchExpressions: matchExpressions.map(({ key, operator, values }) => ({
        key,
        operator,
        ...(values !== undefined && { values: [...values] }),
      })),
    }),
  };
}
