/**
 * What this node must enforce, out of NetworkPolicies, Pods and Namespaces: pure. Pods that the same policies select are one
 * group, so that a packet finds what is asked of it by one lookup, however many policies there are.
 * Kubernetes: https://kubernetes.io/docs/concepts/services-networking/network-policies
 */
import type { Container, Namespace, Pod } from "kubernetes-types/core/v1";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { parseIpv4 } from "#base/cidr.ts";
import { isTerminal } from "#machinery/pod.ts";
import { type LabelSelector, selects } from "#machinery/selector.ts";
import { blockRanges, isWithin, mergeRanges, type NumberRange } from "./range.ts";

export type Direction = "ingress" | "egress";
export type Protocol = "tcp" | "udp" | "sctp";

/** Ports by number. No `ports`: all of the protocol. */
export interface NumberedPorts {
  readonly protocol: Protocol;
  readonly ports?: readonly NumberRange[];
}

/** One rule of a policy. What is absent allows everything of its kind. */
export interface PlannedRule {
  /** Within one plan, and the same in the next one as long as the policy's spec is. */
  readonly id: string;
  /** Whoever is on the other side: addresses of pods (undefined when no selector names any), and blocks. */
  readonly peers?: { readonly addresses: readonly string[] | undefined; readonly blocks: readonly NumberRange[] };
  readonly ports?: { readonly numbered: readonly NumberedPorts[]; readonly named: readonly NamedPort[] | undefined };
}

/** What a port's name means at one address. */
export interface NamedPort {
  readonly ip: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export interface PolicyPlan {
  /** Addresses of this node's pods that are isolated → the group they belong to. */
  readonly isolated: Readonly<Record<Direction, ReadonlyMap<string, string>>>;
  /** Group → its policies, as `namespace/name`. */
  readonly groups: Readonly<Record<Direction, ReadonlyMap<string, readonly string[]>>>;
  /** Policy → its rules; only of policies that select a pod of this node. */
  readonly rules: Readonly<Record<Direction, ReadonlyMap<string, readonly PlannedRule[]>>>;
}

export interface PlanInput {
  readonly policies: readonly NetworkPolicy[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
  readonly nodeName: string;
}

const DIRECTIONS = ["ingress", "egress"] as const;

export function planPolicies(input: PlanInput): PolicyPlan {
  const world = new World(input.pods, input.namespaces);
  const selected = new Map(
    input.policies.map((policy) => [policy, world.select(policy.metadata?.namespace ?? "", policy.spec?.podSelector)]),
  );
  const plans = DIRECTIONS.map((direction) => planDirection(direction, selected, world, input.nodeName));
  const [ingress, egress] = plans as [DirectionPlan, DirectionPlan];
  return {
    isolated: { ingress: ingress.isolated, egress: egress.isolated },
    groups: { ingress: ingress.groups, egress: egress.groups },
    rules: { ingress: ingress.rules, egress: egress.rules },
  };
}

interface DirectionPlan {
  readonly isolated: Map<string, string>;
  readonly groups: Map<string, readonly string[]>;
  readonly rules: Map<string, PlannedRule[]>;
}

function planDirection(
  direction: Direction,
  selected: ReadonlyMap<NetworkPolicy, readonly Member[]>,
  world: World,
  nodeName: string,
): DirectionPlan {
  const byAddress = new Map<string, string[]>();
  const rules = new Map<string, PlannedRule[]>();
  for (const [policy, members] of selected) {
    const own = members.filter((member) => member.nodeName === nodeName);
    if (own.length === 0 || !directionsOf(policy).has(direction)) continue;
    const name = `${policy.metadata?.namespace}/${policy.metadata?.name}`;
    for (const { ip } of own) {
      const names = byAddress.get(ip) ?? [];
      names.push(name);
      byAddress.set(ip, names);
    }
    rules.set(name, rulesOf(policy, direction, own, world));
  }
  const isolated = new Map([...byAddress].map(([ip, names]) => [ip, names.toSorted().join(" ")]));
  const groups = new Map([...isolated.values()].map((group) => [group, group.split(" ")]));
  return { isolated, groups, rules };
}

/** A server has defaults for policyTypes; they hold for what was stored without, too. */
function directionsOf({ spec }: NetworkPolicy): Set<Direction> {
  const types = spec?.policyTypes ?? ["Ingress", ...((spec?.egress ?? []).length > 0 ? ["Egress"] : [])];
  return new Set(DIRECTIONS.filter((direction) => types.some((type) => type.toLowerCase() === direction)));
}

function rulesOf(policy: NetworkPolicy, direction: Direction, own: readonly Member[], world: World): PlannedRule[] {
  const { namespace = "", name = "" } = policy.metadata ?? {};
  const { ingress = [], egress = [] } = policy.spec ?? {};
  const rules =
    direction === "ingress"
      ? ingress.map((each) => ({ ...each, peers: each.from }))
      : egress.map((each) => ({ ...each, peers: each.to }));
  return rules.map(({ peers = [], ports = [] }, index) => {
    const members = peers.flatMap((peer) => world.peers(namespace, peer));
    const blocks = mergeRanges(peers.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : blockRanges(ipBlock))));
    // A name is what the pod that is spoken to calls its port.
    const targets =
      direction === "ingress" ? own : peers.length === 0 ? world.all : [...members, ...world.within(blocks)];
    return {
      id: `${namespace}/${name}/${direction}/${index}`,
      ...(peers.length > 0 && {
        peers: {
          addresses: peers.some(({ ipBlock }) => ipBlock === undefined)
            ? [...new Set(members.map(({ ip }) => ip))]
            : undefined,
          blocks,
        },
      }),
      ...(ports.length > 0 && { ports: { numbered: numberedPorts(ports), named: namedPorts(ports, targets) } }),
    };
  });
}

function numberedPorts(ports: readonly NetworkPolicyPort[]): NumberedPorts[] {
  const numbered = ports.filter(({ port }) => typeof port !== "string");
  return [...Map.groupBy(numbered, protocolOf)].map(([protocol, own]) => {
    if (own.some(({ port }) => port === undefined)) return { protocol };
    const ranges = own.map(({ port, endPort }) => ({ first: Number(port), last: endPort ?? Number(port) }));
    return { protocol, ports: mergeRanges(ranges) };
  });
}

/** Undefined when no port has a name. */
function namedPorts(ports: readonly NetworkPolicyPort[], targets: readonly Member[]): NamedPort[] | undefined {
  const wanted = ports.filter(({ port }) => typeof port === "string").map((port) => `${protocolOf(port)}/${port.port}`);
  if (wanted.length === 0) return undefined;
  const found = targets.flatMap(({ ip, named }) =>
    wanted.flatMap((name) =>
      (named.get(name) ?? []).map((port) => ({ ip, protocol: name.split("/")[0] as Protocol, port })),
    ),
  );
  return [...new Map(found.map((each) => [`${each.ip}/${each.protocol}/${each.port}`, each])).values()];
}

function protocolOf({ protocol = "TCP" }: { readonly protocol?: string }): Protocol {
  return protocol.toLowerCase() as Protocol;
}

/** A pod that has an address of its own. */
interface Member {
  readonly ip: string;
  readonly address: number;
  readonly nodeName: string | undefined;
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** `protocol/name` → numbers. */
  readonly named: ReadonlyMap<string, readonly number[]>;
}

/** Answers each selector once. */
class World {
  readonly all: readonly Member[];
  readonly #byNamespace: ReadonlyMap<string, readonly Member[]>;
  readonly #namespaces: readonly Namespace[];
  readonly #selected = new Map<string, readonly Member[]>();
  readonly #matching = new Map<string, readonly string[]>();

  constructor(pods: readonly Pod[], namespaces: readonly Namespace[]) {
    const members = pods.flatMap((pod) =>
      memberOf(pod).map((member) => ({ member, namespace: pod.metadata?.namespace ?? "" })),
    );
    this.all = members.map(({ member }) => member);
    this.#byNamespace = new Map(
      [...Map.groupBy(members, ({ namespace }) => namespace)].map(([name, own]) => [
        name,
        own.map(({ member }) => member),
      ]),
    );
    this.#namespaces = namespaces;
  }

  select(namespace: string, selector: LabelSelector | undefined): readonly Member[] {
    const key = `${namespace} ${JSON.stringify(selector)}`;
    const found = this.#selected.get(key);
    if (found !== undefined) return found;
    const members = (this.#byNamespace.get(namespace) ?? []).filter(({ labels }) => selects(selector ?? {}, labels));
    this.#selected.set(key, members);
    return members;
  }

  peers(own: string, { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer): readonly Member[] {
    if (ipBlock !== undefined) return [];
    if (namespaceSelector === undefined) return this.select(own, podSelector);
    return this.#namesOf(namespaceSelector).flatMap((namespace) => this.select(namespace, podSelector));
  }

  within(blocks: readonly NumberRange[]): readonly Member[] {
    return blocks.length === 0 ? [] : this.all.filter(({ address }) => isWithin(blocks, address));
  }

  #namesOf(selector: LabelSelector): readonly string[] {
    const key = JSON.stringify(selector);
    const found = this.#matching.get(key);
    if (found !== undefined) return found;
    const names = this.#namespaces
      .filter(({ metadata }) => selects(selector, metadata?.labels))
      .map(({ metadata }) => metadata?.name ?? "");
    this.#matching.set(key, names);
    return names;
  }
}

/** Pods on their node's network are part of the node, and an ended pod's address may be another's. */
function memberOf(pod: Pod): Member[] {
  const ip = pod.status?.podIP ?? "";
  const address = parseIpv4(ip);
  if (address === undefined || pod.spec?.hostNetwork === true || isTerminal(pod)) return [];
  const sidecars = (pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  const named = new Map<string, number[]>();
  for (const port of [...(pod.spec?.containers ?? []), ...sidecars].flatMap(({ ports }: Container) => ports ?? [])) {
    if (port.name === undefined) continue;
    const key = `${protocolOf(port)}/${port.name}`;
    named.set(key, [...(named.get(key) ?? []), port.containerPort]);
  }
  return [{ ip, address, nodeName: pod.spec?.nodeName, labels: pod.metadata?.labels, named }];
}
