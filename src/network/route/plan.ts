/**
 * From RouteConfigurations and the kernel's present state to the `ip` commands that make them equal.
 * All that is ours carries the protocol number OUR_PROTOCOL, so that stale state is found after any crash.
 * Upstream: pkg/route/{rule,route}.go
 */

import type { RouteConfiguration, RouteRule } from "#api/networking/routeconfiguration.ts";
import { formatCidr, parseCidr, parseIpv4 } from "#base/cidr.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import { type SpreadRoute, type SpreadRule, spreadRules, type TunnelWays } from "./spread.ts";
import { tableId } from "./table-id.ts";

/** Not assigned in iproute2's rt_protos; shown by `ip route` and `ip rule` as `proto 144`. */
export const OUR_PROTOCOL = 144;

const SCOPES = { global: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;
const LINK_NAME = /^[^\s/:]{1,15}$/;

/** As `ip -json -N rule` prints it. */
export interface KernelRule {
  readonly priority: number;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly iif?: string;
  readonly oif?: string;
  readonly fwmark?: string;
  readonly table?: string;
  readonly protocol?: string;
}

/** As `ip -json -N route show table all` prints it. */
export interface KernelRoute {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly scope?: string;
  readonly prefsrc?: string;
  readonly flags?: readonly string[];
  /** Of the group of next hops that it leads to. */
  readonly nhid?: number;
}

export interface Command {
  readonly line: string;
  /** Key of the RouteConfiguration that wants it; undefined for the removal of what nobody wants. */
  readonly owner?: string;
}

export interface RoutePlan {
  readonly commands: readonly Command[];
  /** What is wrong with an object, by key: it is not applied at all. */
  readonly invalid: ReadonlyMap<string, string>;
}

interface Wanted {
  readonly owner: string;
  readonly table: number;
}
type WantedRule = Wanted & { readonly rule: SpreadRule };
type WantedRoute = Wanted & { readonly route: SpreadRoute };

export interface RouteOptions {
  /** The first one for rules whose object names none, the more precise before the others; without it the kernel chooses. */
  readonly priority?: number;
  /** Where there are tunnels. */
  readonly ways?: TunnelWays | undefined;
}

export function planRoutes(
  configurations: readonly RouteConfiguration[],
  kernelRules: readonly KernelRule[],
  kernelRoutes: readonly KernelRoute[],
  { priority, ways }: RouteOptions = {},
): RoutePlan {
  const invalid = new Map<string, string>();
  const rules = new Map<string, WantedRule>();
  const routes = new Map<string, WantedRoute>();
  for (const configuration of configurations) {
    const owner = formatKey(keyOf(configuration));
    const wrong = findMistake(configuration);
    if (wrong !== undefined) invalid.set(owner, wrong);
    else collect(configuration, { owner, rules, routes }, ways);
  }
  const own = kernelRules.filter((rule) => rule.protocol === String(OUR_PROTOCOL));
  const stale = { rules: staleRules(own, rules), routes: staleRoutes(kernelRoutes, routes) };
  const present = new Set(own.filter((rule) => !stale.rules.includes(rule)).map(selectorOfKernel));
  const missing = [...routes.values()].filter((wanted) => !kernelRoutes.some((route) => isSameRoute(wanted, route)));
  // A gateway must be reachable when its route is added: first direct routes, then the rules that find them.
  const direct = missing.filter(({ route }) => route.gw === undefined);
  const indirect = missing.filter(({ route }) => route.gw !== undefined);
  return {
    invalid,
    commands: [
      ...stale.rules.map((rule) => ({ line: deleteRuleLine(rule) })),
      ...stale.routes.map((route) => ({
        line: `route del ${route.dst} table ${tableOf(route)} proto ${OUR_PROTOCOL}`,
      })),
      ...direct.map(routeCommand),
      ...[...rules].filter(([selector]) => !present.has(selector)).map(([, wanted]) => ruleCommand(wanted, priority)),
      ...indirect.map(routeCommand),
    ],
  };
}

interface Collected {
  readonly owner: string;
  readonly rules: Map<string, WantedRule>;
  readonly routes: Map<string, WantedRoute>;
}

function collect(
  configuration: RouteConfiguration,
  { owner, rules, routes }: Collected,
  ways: TunnelWays | undefined,
): void {
  const spec = configuration.spec?.table;
  if (spec === undefined) return;
  const table = tableId(spec.name);
  for (const rule of spreadRules(spec.rules, ways)) {
    rules.set(selectorOf(rule, table), { owner, table, rule });
    for (const route of rule.routes) routes.set(`${table} ${normalCidr(route.dst)}`, { owner, table, route });
  }
}

function findMistake(configuration: RouteConfiguration): string | undefined {
  for (const [at, rule] of (configuration.spec?.table?.rules ?? []).entries()) {
    const field = `spec.table.rules[${at}]`;
    if (rule.dst !== undefined && parseCidr(rule.dst) === undefined) return `${field}.dst: "${rule.dst}" is not a CIDR`;
    if (rule.src !== undefined && parseCidr(rule.src) === undefined) return `${field}.src: "${rule.src}" is not a CIDR`;
    for (const name of [rule.iif, rule.oif, ...rule.routes.map((route) => route.dev)]) {
      if (name !== undefined && !LINK_NAME.test(name)) return `${field}: "${name}" is not an interface name`;
    }
    for (const { dst, gw, src } of rule.routes) {
      if (parseCidr(dst) === undefined) return `${field}.routes: dst "${dst}" is not a CIDR`;
      if (gw !== undefined && parseIpv4(gw) === undefined) return `${field}.routes: gw "${gw}" is not an address`;
      if (src !== undefined && parseIpv4(src) === undefined) return `${field}.routes: src "${src}" is not an address`;
    }
  }
  return undefined;
}

type Selector = Pick<RouteRule, "src" | "dst" | "iif" | "oif" | "fwmark">;

/** What makes two rules the same; a priority the object does not name is not compared. */
function selectorOf(rule: Selector, table: number): string {
  const dst = rule.dst === undefined ? "" : normalCidr(rule.dst);
  const src = rule.src === undefined ? "" : normalCidr(rule.src);
  return [table, dst, src, rule.iif ?? "", rule.oif ?? "", rule.fwmark ?? 0].join("|");
}

function selectorOfKernel(rule: KernelRule): string {
  const mark = rule.fwmark === undefined ? 0 : Number(rule.fwmark);
  return [
    rule.table ?? "",
    kernelCidr(rule.dst, rule.dstlen),
    kernelCidr(rule.src, rule.srclen),
    rule.iif ?? "",
    rule.oif ?? "",
    mark,
  ].join("|");
}

function kernelCidr(address: string | undefined, length: number | undefined): string {
  return address === undefined || address === "all" ? "" : `${address}/${length ?? 32}`;
}

function staleRules(own: readonly KernelRule[], wanted: ReadonlyMap<string, WantedRule>): KernelRule[] {
  const seen = new Set<string>();
  return own.filter((rule) => {
    const selector = selectorOfKernel(rule);
    const priority = wanted.get(selector)?.rule.priority;
    const isWanted = wanted.has(selector) && !seen.has(selector) && (!priority || priority === rule.priority);
    if (isWanted) seen.add(selector);
    return !isWanted;
  });
}

function staleRoutes(kernel: readonly KernelRoute[], wanted: ReadonlyMap<string, WantedRoute>): KernelRoute[] {
  return kernel.filter((route) => !wanted.has(`${tableOf(route)} ${normalDestination(route.dst)}`));
}

function isSameRoute({ route, table }: WantedRoute, kernel: KernelRoute): boolean {
  if (tableOf(kernel) !== String(table) || normalDestination(kernel.dst) !== normalCidr(route.dst)) return false;
  if (route.src !== kernel.prefsrc || route.nhid !== kernel.nhid) return false;
  // The group says where to.
  if (route.nhid !== undefined) return true;
  if (route.gw !== kernel.gateway) return false;
  if (route.dev !== undefined && route.dev !== kernel.dev) return false;
  if (route.scope !== undefined && SCOPES[route.scope] !== Number(kernel.scope ?? SCOPES.global)) return false;
  return (route.onlink ?? false) === (kernel.flags?.includes("onlink") ?? false);
}

function routeCommand({ route, table, owner }: WantedRoute): Command {
  const words = ["route replace", normalCidr(route.dst)];
  if (route.nhid !== undefined) words.push("nhid", String(route.nhid));
  else {
    if (route.gw !== undefined) words.push("via", route.gw);
    if (route.dev !== undefined) words.push("dev", route.dev);
  }
  if (route.src !== undefined) words.push("src", route.src);
  if (route.scope !== undefined) words.push("scope", String(SCOPES[route.scope]));
  if (route.onlink === true) words.push("onlink");
  return { line: `${words.join(" ")} table ${table} proto ${OUR_PROTOCOL}`, owner };
}

function ruleCommand({ rule, table, owner }: WantedRule, defaultPriority: number | undefined): Command {
  const words = ["rule add", ...ruleWords(rule)];
  const priority = rule.priority || (defaultPriority && defaultPriority + vagueness(rule));
  if (priority) words.push("priority", String(priority));
  return { line: `${words.join(" ")} table ${table} protocol ${OUR_PROTOCOL}`, owner };
}

/**
 * How much a rule leaves open. Among rules of one priority and table the kernel takes what a new one does not name for a
 * wildcard: it would refuse `iif x` as there already beside `to y iif x`, and delete the one for the other.
 */
function vagueness({ src, dst, iif, oif, fwmark }: Selector): number {
  return [src, dst, iif, oif, fwmark].filter((selector) => selector === undefined).length;
}

function ruleWords(rule: Selector): string[] {
  return [
    "from",
    rule.src ?? "all",
    ...(rule.dst === undefined ? [] : ["to", rule.dst]),
    ...(rule.iif === undefined ? [] : ["iif", rule.iif]),
    ...(rule.oif === undefined ? [] : ["oif", rule.oif]),
    ...(rule.fwmark === undefined ? [] : ["fwmark", String(rule.fwmark)]),
  ];
}

function deleteRuleLine(rule: KernelRule): string {
  const src = kernelCidr(rule.src, rule.srclen);
  const dst = kernelCidr(rule.dst, rule.dstlen);
  const words = ruleWords({
    ...(src !== "" && { src }),
    ...(dst !== "" && { dst }),
    ...(rule.iif !== undefined && { iif: rule.iif }),
    ...(rule.oif !== undefined && { oif: rule.oif }),
    ...(rule.fwmark !== undefined && { fwmark: Number(rule.fwmark) }),
  });
  const table = rule.table === undefined ? "" : ` table ${rule.table}`;
  return `rule del ${words.join(" ")} priority ${rule.priority}${table} protocol ${OUR_PROTOCOL}`;
}

/** iproute2 leaves the table out for main. */
function tableOf(route: KernelRoute): string {
  return route.table ?? "254";
}

function normalDestination(dst: string): string {
  if (dst === "default") return "0.0.0.0/0";
  return dst.includes("/") ? dst : `${dst}/32`;
}

/** Without host bits, as the kernel prints it back. */
function normalCidr(text: string): string {
  const cidr = parseCidr(text);
  return cidr === undefined ? text : formatCidr(cidr);
}
