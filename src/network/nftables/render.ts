/**
 * A FirewallConfiguration as the text of one nftables transaction: pure, so that every rule can be held by a table test.
 * Upstream: pkg/firewall/{table,chain,rule}.go; syntax: nft(8)
 */
import type {
  FilterRule,
  FirewallChain,
  FirewallMatch,
  FirewallTable,
  NatRule,
} from "#api/networking/firewallconfiguration.ts";
import { parseCidr, parseIpv4 } from "#base/cidr.ts";
import { TUNNEL_LINK, TUNNEL_LINKS } from "../wireguard/addresses.ts";
import { resumedHead, resumedRule } from "./resumed.ts";

const FAMILIES = { INET: "inet", IPV4: "ip", IPV6: "ip6", ARP: "arp", NETDEV: "netdev", BRIDGE: "bridge" } as const;
/** Comment of every table of ours: what carries it and is wanted by no object is removed. */
export const OWNER = "liqo.io";
const NAME = /^[A-Za-z_.][A-Za-z0-9_./-]{0,254}$/;
const LINK_NAME = /^[^\s/:"\\]{1,15}$/;
const NUMBER = /^(0x[0-9a-fA-F]{1,8}|\d{1,10})$/;

/** What cannot be said in nftables; the message names field, value and what is allowed. */
export class FirewallError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FirewallError";
  }
}

/** `ip cluster-b-masquerade-bypass`: how nft addresses the table. */
export function tableAddress(table: Pick<FirewallTable, "family" | "name">): string {
  return `${FAMILIES[table.family]} ${identifier(table.name)}`;
}

/** Creates or replaces the table: packets see the old or the new one, never half of it. */
export function renderTable(table: FirewallTable): string {
  const address = tableAddress(table);
  const chains = (table.chains ?? []).flatMap((chain, at) => {
    const field = `spec.table.chains[${at}]`;
    return [renderChain(table, chain, field), ...renderResumed(chain, field)];
  });
  const body = [`  comment "${OWNER}"`, ...chains].join("\n");
  return `add table ${address}\ndelete table ${address}\ntable ${address} {\n${body}\n}\n`;
}

function renderChain(table: FirewallTable, chain: FirewallChain, field: string): string {
  const { natRules = [], filterRules = [], routeRules = [] } = chain.rules;
  if (routeRules.length > 0) {
    throw new FirewallError(`${field}.rules.routeRules: rules of type route have no content and cannot be applied`);
  }
  const rules = [
    ...natRules.map((rule, at) => renderNatRule(table, rule, `${field}.rules.natRules[${at}]`)),
    ...filterRules.map((rule, at) => renderFilterRule(rule, `${field}.rules.filterRules[${at}]`)),
  ];
  const head = `type ${chain.type} hook ${chain.hook} priority ${chain.priority}; policy ${chain.policy};`;
  return [`  chain ${identifier(chain.name)} {`, `    ${head}`, ...rules.map((rule) => `    ${rule}`), "  }"].join(
    "\n",
  );
}

/** Beside a chain that translates prefixes, one for connections that it has not seen begin. */
function renderResumed(chain: FirewallChain, field: string): string[] {
  const rules = (chain.rules.natRules ?? []).flatMap((rule, at) => {
    const matches = rule.match.flatMap((match, i) => renderMatch(match, `${field}.rules.natRules[${at}].match[${i}]`));
    return resumedRule(rule, matches) ?? [];
  });
  if (rules.length === 0) return [];
  const lines = [resumedHead(chain), ...rules].map((line) => `    ${line}`);
  return [[`  chain ${identifier(`${chain.name}-resumed`)} {`, ...lines, "  }"].join("\n")];
}

function renderNatRule(table: FirewallTable, rule: NatRule, field: string): string {
  return join([
    ...rule.match.flatMap((match, at) => renderMatch(match, `${field}.match[${at}]`)),
    natAction(table, rule, field),
    comment(rule.name),
  ]);
}

/** A CIDR keeps the host bits of each address and replaces the network bits. */
function natAction(table: FirewallTable, rule: NatRule, field: string): string {
  if (rule.natType === "masquerade") return "masquerade";
  const to = rule.to ?? "";
  const isPrefix = parseCidr(to) !== undefined;
  if (!isPrefix && parseIpv4(to) === undefined) {
    throw new FirewallError(`${field}.to: "${to}" must be an IPv4 address or a CIDR such as 10.70.0.0/16`);
  }
  const family = table.family === "INET" || isPrefix ? " ip" : "";
  return `${rule.natType}${family}${isPrefix ? " prefix" : ""} to ${to}`;
}

function renderFilterRule(rule: FilterRule, field: string): string {
  const matches = rule.match.flatMap((match, at) => renderMatch(match, `${field}.match[${at}]`));
  const counter = rule.counter ? "counter" : "";
  return join([...matches, ...filterAction(rule, field, counter), comment(rule.name)]);
}

function filterAction(rule: FilterRule, field: string, counter: string): string[] {
  switch (rule.action) {
    case "ctmark":
      return [counter, `ct mark set ${number(rule, field)}`];
    case "metamarkfromctmark":
      return [counter, "meta mark set ct mark"];
    case "tcpmssclamp": {
      const size = number(rule, field);
      // Only the packets that carry the option; 0 means what the route's MTU allows.
      return ["tcp flags syn", counter, `tcp option maxseg size set ${Number(size) === 0 ? "rt mtu" : size}`];
    }
    case "accept":
    case "drop":
    case "reject":
    case "notrack":
      return [counter, rule.action];
  }
}

function number(rule: FilterRule, field: string): string {
  const value = rule.value ?? "";
  if (!NUMBER.test(value)) throw new FirewallError(`${field}.value: "${value}" must be a number for ${rule.action}`);
  return value;
}

/** All parts of one match share its operator; a protocol with a port is one condition. */
function renderMatch(match: FirewallMatch, field: string): string[] {
  const not = match.op === "neq" ? "!= " : "";
  const parts: string[] = [];
  if (match.ip !== undefined) parts.push(`ip ${end(match.ip.position)} ${not}${addresses(match.ip.value, field)}`);
  if (match.dev !== undefined) {
    if (!LINK_NAME.test(match.dev.value)) {
      throw new FirewallError(`${field}.dev.value: "${match.dev.value}" is not an interface name`);
    }
    parts.push(`${match.dev.position === "in" ? "iifname" : "oifname"} ${not}"${links(match.dev.value)}"`);
  }
  if (match.proto !== undefined) parts.push(`meta l4proto ${match.port === undefined ? not : ""}${match.proto.value}`);
  if (match.port !== undefined) {
    if (match.proto === undefined) parts.push("meta l4proto { tcp, udp }");
    parts.push(`th ${match.port.position === "src" ? "sport" : "dport"} ${not}${ports(match.port.value, field)}`);
  }
  return parts;
}

/** There may be several tunnels: what is said of the one that objects know is said of all. */
function links(name: string): string {
  return name === TUNNEL_LINK ? TUNNEL_LINKS : name;
}

function end(position: "src" | "dst"): string {
  return position === "src" ? "saddr" : "daddr";
}

function addresses(value: string, field: string): string {
  const [first = "", last, ...rest] = value.split("-");
  const isRange = last !== undefined && rest.length === 0 && [first, last].every((ip) => parseIpv4(ip) !== undefined);
  if (isRange || parseIpv4(value) !== undefined || parseCidr(value) !== undefined) return value;
  throw new FirewallError(`${field}.ip.value: "${value}" must be an IPv4 address, a CIDR or a range a-b`);
}

function ports(value: string, field: string): string {
  const parts = value.split("-");
  const isValid = parts.length <= 2 && parts.every((part) => /^\d{1,5}$/.test(part) && Number(part) <= 65_535);
  if (!isValid) throw new FirewallError(`${field}.port.value: "${value}" must be a port or a range such as 80-90`);
  return value;
}

/** nft's grammar has no quoted identifiers: a name that begins with a digit gets an underscore in front. */
function identifier(name: string): string {
  const safe = /^\d/.test(name) ? `_${name}` : name;
  if (!NAME.test(safe))
    throw new FirewallError(`"${name}" is no name for an nftables table or chain: use letters, digits and "-_./"`);
  return safe;
}

function comment(name: string | undefined): string {
  const text = (name ?? "").replace(/[^\x20-\x7e]|["\\]/g, "_").slice(0, 128);
  return text === "" ? "" : `comment "${text}"`;
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
