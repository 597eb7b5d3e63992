/**
 * The nftables table of the proxy: pure text. Packets find their Service by one lookup in a verdict map, and their endpoint by
 * one more; a change of one Service touches only its own chains and map elements.
 * Kubernetes: pkg/proxy/nftables/proxier.go
 */
import { createHash } from "node:crypto";
import type { Backend, ServiceRules } from "./state.ts";
import type { RuleUnit } from "./transaction.ts";

export const TABLE = "ip kube-proxy";
// Bit 14, as kube-proxy's default --iptables-masquerade-bit.
const MASQUERADE_MARK = "0x4000";

export interface RulesetOptions {
  readonly podCidr: string;
  /** Addresses on which node ports are answered. */
  readonly nodeAddresses: readonly string[];
}

/** Commands that set one Service up, and the elements and chains it then owns. */
export interface ServiceUnit extends RuleUnit {
  readonly key: string;
}

/** The table without any Service. Replaces whatever the table held. */
export function baseRuleset(options: RulesetOptions): string {
  return `table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
  map no-endpoints { type ipv4_addr . inet_proto . inet_service : verdict; }
  map node-ports { type inet_proto . inet_service : verdict; }
  map no-endpoints-node-ports { type inet_proto . inet_service : verdict; }
  set node-addresses { type ipv4_addr; elements = { ${options.nodeAddresses.join(", ")} } }
  chain reject-chain { reject with icmp type port-unreachable; }
  chain drop-chain { drop; }
  chain mark-for-masquerade { meta mark set meta mark or ${MASQUERADE_MARK}; }
  chain services {
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @node-addresses meta l4proto . th dport vmap @node-ports
  }
  chain endpoints-check {
    ip daddr . meta l4proto . th dport vmap @no-endpoints
    ip daddr @node-addresses meta l4proto . th dport vmap @no-endpoints-node-ports
  }
  chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; goto services; }
  chain nat-output { type nat hook output priority -100; policy accept; goto services; }
  chain filter-prerouting { type filter hook prerouting priority dstnat - 10; policy accept; ct state new goto endpoints-check; }
  chain filter-output { type filter hook output priority -110; policy accept; ct state new goto endpoints-check; }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    meta mark and ${MASQUERADE_MARK} == 0 return
    meta mark set meta mark xor ${MASQUERADE_MARK}
    masquerade fully-random
  }
}
`;
}

export function serviceUnit(rules: ServiceRules, options: RulesetOptions): ServiceUnit {
  const name = unitName(rules);
  const elements = new Map<string, string[]>();
  const chains = new Map<string, string[]>();
  const sets = new Map<string, string>();
  const add = (map: string, element: string): void => void elements.set(map, [...(elements.get(map) ?? []), element]);
  const at = ({ ip, port }: { ip: string; port: number }): string => `${ip} . ${rules.protocol} . ${port}`;
  const internal = rules.internal.length > 0 ? internalChain(rules, options, `i-${name}`, chains, sets) : undefined;
  for (const address of rules.clusterIps) {
    if (internal === undefined) add("no-endpoints", `${at(address)} : goto reject-chain`);
    else add("service-ips", `${at(address)} : goto ${internal}`);
  }
  if (rules.externalIps.length === 0 && rules.nodePort === undefined) return { key: rules.key, elements, chains, sets };
  const external = externalChain(rules, options, { name, internal }, chains, sets);
  for (const address of rules.externalIps) {
    const guarded =
      rules.sourceRanges.length > 0 && typeof external === "object"
        ? guard(rules, external.chain, name, chains)
        : external;
    if (typeof guarded === "string") add("no-endpoints", `${at(address)} : goto ${guarded}`);
    else add("service-ips", `${at(address)} : goto ${guarded.chain}`);
  }
  if (rules.nodePort !== undefined) {
    const port = `${rules.protocol} . ${rules.nodePort}`;
    if (typeof external === "string") add("no-endpoints-node-ports", `${port} : goto ${external}`);
    else add("node-ports", `${port} : goto ${external.chain}`);
  }
  return { key: rules.key, elements, chains, sets };
}

/**
 * Nobody but pods is known to be answered by the way he came: whoever else uses a cluster IP is masqueraded, as kube-proxy
 * does with --cluster-cidr. The name of the chain.
 */
function internalChain(
  rules: ServiceRules,
  { podCidr }: RulesetOptions,
  chain: string,
  chains: Map<string, string[]>,
  sets: Map<string, string>,
): string {
  balancer(rules, rules.internal, chain, chains, sets);
  chains.set(chain, [`ip saddr != ${podCidr} jump mark-for-masquerade`, ...(chains.get(chain) ?? [])]);
  return chain;
}

/** A chain to go to, or the name of the refusing chain. */
function externalChain(
  rules: ServiceRules,
  options: RulesetOptions,
  own: { readonly name: string; readonly internal: string | undefined },
  chains: Map<string, string[]>,
  sets: Map<string, string>,
): { chain: string } | string {
  const fromCluster = `ip saddr ${options.podCidr}`;
  if (rules.external === "drop" && own.internal === undefined) return "drop-chain";
  if (rules.external !== "drop" && rules.external.length === 0 && own.internal === undefined) return "reject-chain";
  const chain = `e-${own.name}`;
  // Pods and this node itself use all endpoints: the policy is about clients outside (as kube-proxy's short-circuit).
  const shortCut =
    own.internal === undefined
      ? []
      : [
          `${fromCluster} goto ${own.internal}`,
          `fib saddr type local jump mark-for-masquerade`,
          `fib saddr type local goto ${own.internal}`,
        ];
  if (rules.external === "drop" || rules.external.length === 0) {
    chains.set(chain, [...(rules.keepsClientIp ? shortCut : []), "drop"]);
    return { chain };
  }
  const balanced = balancer(rules, rules.external, `x-${own.name}`, chains, sets);
  const lines = rules.keepsClientIp
    ? [...shortCut, `goto ${balanced}`]
    : ["jump mark-for-masquerade", `goto ${balanced}`];
  chains.set(chain, lines);
  return { chain };
}

/** loadBalancerSourceRanges: everybody else is dropped. */
function guard(rules: ServiceRules, next: string, name: string, chains: Map<string, string[]>): { chain: string } {
  chains.set(`g-${name}`, [`ip saddr { ${rules.sourceRanges.join(", ")} } goto ${next}`, "drop"]);
  return { chain: `g-${name}` };
}

/** A chain that picks one of the backends; one random number, one map lookup, one translation. */
function balancer(
  rules: ServiceRules,
  backends: readonly Backend[],
  chain: string,
  chains: Map<string, string[]>,
  sets: Map<string, string>,
): string {
  const targets = backends.map((backend) => endpointChain(rules, backend, chain, chains, sets));
  const sticky =
    rules.affinitySeconds === undefined ? [] : targets.map(({ set, chain: to }) => `ip saddr @${set} goto ${to}`);
  const picks = targets.map(({ chain: to }, index) => `${index} : goto ${to}`).join(", ");
  chains.set(chain, [...sticky, `numgen random mod ${targets.length} vmap { ${picks} }`]);
  return chain;
}

function endpointChain(
  rules: ServiceRules,
  backend: Backend,
  parent: string,
  chains: Map<string, string[]>,
  sets: Map<string, string>,
): { chain: string; set: string } {
  const id = digest(`${parent}/${backend.ip}/${backend.port}`);
  // The timeout is part of the name: a set's timeout can't be changed while rules use it.
  const set = `a-${id}-${rules.affinitySeconds ?? 0}`;
  const chain = `p-${id}`;
  const remember: string[] = [];
  if (rules.affinitySeconds !== undefined) {
    sets.set(set, `type ipv4_addr; flags dynamic,timeout; timeout ${rules.affinitySeconds}s;`);
    remember.push(`update @${set} { ip saddr }`);
  }
  chains.set(chain, [
    // A pod that reaches itself through its Service must not see its own address as the sender's.
    `ip saddr ${backend.ip} jump mark-for-masquerade`,
    ...remember,
    `meta l4proto ${rules.protocol} dnat to ${backend.ip}:${backend.port}`,
  ]);
  return { chain, set };
}

function unitName(rules: ServiceRules): string {
  const readable = rules.key.replaceAll(/[^a-zA-Z0-9]/g, "-").slice(0, 60);
  return `${digest(rules.key)}-${readable}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
