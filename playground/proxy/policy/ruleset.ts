/**
 * The nftables table of NetworkPolicies: pure text. Two chains on the way of what is forwarded, so that an answer of one about
 * the sender leaves the receiver's to the other; one lookup each, then only rules of the policies that select that pod.
 * A node reaches its own pods, and they it, without being forwarded: as the API promises, nothing is asked there.
 */
import { createHash } from "node:crypto";
import type { RuleUnit } from "../transaction.ts";
import type { Direction, NumberedPorts, PlannedRule, PolicyPlan } from "./plan.ts";
import { formatRange } from "./range.ts";

export const TABLE = "ip playground-network-policy";
const EVERYWHERE = "0.0.0.0-255.255.255.255";

/** Whether it is there or not; also what an earlier agent has left. */
export const NO_TABLE = `table ${TABLE}\ndelete table ${TABLE}\n`;

/** The table without any pod. Replaces whatever the table held. */
export const BASE = `${NO_TABLE}table ${TABLE} {
  map egress { type ipv4_addr : verdict; }
  map ingress { type ipv4_addr : verdict; }
  set itself { type ipv4_addr . ipv4_addr; }
  chain sender {
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
    ip saddr . ip daddr @itself accept
    ip saddr vmap @egress
  }
  chain receiver {
    type filter hook forward priority filter + 1; policy accept;
    ct state established,related accept
    ip saddr . ip daddr @itself accept
    ip daddr vmap @ingress
  }
}
`;

/** What differs from the base, in parts that change alone. Empty when no pod of the node is isolated. */
export function ruleUnits(plan: PolicyPlan): Map<string, RuleUnit> {
  const units = new Map<string, RuleUnit>();
  for (const direction of ["ingress", "egress"] as const) {
    for (const [group, policies] of plan.groups[direction]) {
      const jumps = policies.map((policy) => `jump ${policyChain(direction, policy)}`);
      units.set(`${direction} group ${group}`, unit({ chains: [[groupChain(direction, group), [...jumps, "drop"]]] }));
    }
    for (const [policy, rules] of plan.rules[direction])
      units.set(`${direction} policy ${policy}`, policyUnit(direction, policy, rules));
    const isolated = [...plan.isolated[direction]];
    if (isolated.length === 0) continue;
    const verdicts = isolated.map(([ip, group]) => `${ip} : goto ${groupChain(direction, group)}`);
    const itself = isolated.map(([ip]) => `${ip} . ${ip}`);
    units.set(
      `${direction} pods`,
      unit({
        elements: [
          [direction, verdicts],
          ["itself", itself],
        ],
      }),
    );
  }
  return units;
}

interface Parts {
  readonly elements?: readonly (readonly [string, readonly string[]])[];
  readonly chains?: readonly (readonly [string, readonly string[]])[];
  readonly sets?: readonly (readonly [string, string])[];
}

function unit({ elements = [], chains = [], sets = [] }: Parts): RuleUnit {
  return { elements: new Map(elements), chains: new Map(chains), sets: new Map(sets) };
}

function policyUnit(direction: Direction, policy: string, rules: readonly PlannedRule[]): RuleUnit {
  const elements: [string, readonly string[]][] = [];
  const sets: [string, string][] = [];
  for (const { id, peers, ports } of rules) {
    if (peers?.addresses !== undefined) {
      sets.push([addressSet(id), "type ipv4_addr;"]);
      elements.push([addressSet(id), peers.addresses]);
    }
    if (ports?.named !== undefined) {
      sets.push([portSet(id), "type ipv4_addr . inet_proto . inet_service;"]);
      elements.push([portSet(id), ports.named.map(({ ip, protocol, port }) => `${ip} . ${protocol} . ${port}`)]);
    }
  }
  return unit({
    elements,
    sets,
    chains: [[policyChain(direction, policy), rules.flatMap((rule) => lines(direction, rule))]],
  });
}

function lines(direction: Direction, rule: PlannedRule): string[] {
  const ports = portMatches(rule);
  return peerMatches(direction, rule).flatMap((peer) => ports.map((port) => `${peer}${port}accept`));
}

/** One of them must hold; each ends with a blank unless it is empty. */
function peerMatches(direction: Direction, { id, peers }: PlannedRule): string[] {
  if (peers === undefined) return [""];
  const other = direction === "ingress" ? "ip saddr" : "ip daddr";
  const blocks = peers.blocks.map(formatRange);
  if (blocks.includes(EVERYWHERE)) return [""];
  return [
    ...(peers.addresses === undefined ? [] : [`${other} @${addressSet(id)} `]),
    ...(blocks.length === 0 ? [] : [`${other} { ${blocks.join(", ")} } `]),
  ];
}

function portMatches({ id, ports }: PlannedRule): string[] {
  if (ports === undefined) return [""];
  const named = ports.named === undefined ? [] : [`ip daddr . meta l4proto . th dport @${portSet(id)} `];
  return [...ports.numbered.map(numberedMatch), ...named];
}

function numberedMatch({ protocol, ports }: NumberedPorts): string {
  const every = `meta l4proto ${protocol} `;
  if (ports === undefined) return every;
  const ranges = ports.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`));
  return `${every}th dport { ${ranges.join(", ")} } `;
}

function groupChain(direction: Direction, group: string): string {
  return `g-${digest(`${direction} ${group}`)}`;
}

function policyChain(direction: Direction, policy: string): string {
  return `${direction}-${digest(policy)}-${policy.replaceAll(/[^a-zA-Z0-9]/g, "-").slice(0, 60)}`;
}

function addressSet(id: string): string {
  return `a-${digest(id)}`;
}

function portSet(id: string): string {
  return `n-${digest(id)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
