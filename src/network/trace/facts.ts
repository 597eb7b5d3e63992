/** What the kernel would do: routes, links, rules and tables that a trace asks for. */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { Facts, LinkAnswer, RouteAnswer, RouteQuestion, RuleAnswer, TraceRequest } from "#wire/path-trace.ts";
import { type KernelRule, OUR_PROTOCOL } from "../route/plan.ts";
import { runJson, type Tools } from "../system/tools.ts";

export async function askKernel(ctx: Context, tools: Tools, request: TraceRequest): Promise<Facts> {
  const [routes, links, rules, tables] = await Promise.all([
    Promise.all(request.routes.map((route) => askRoute(ctx, tools, route))),
    askLinks(ctx, tools, request.links),
    askRules(ctx, tools),
    Promise.all(request.tables.map((table) => askTable(ctx, tools, table))),
  ]);
  return { routes, links, rules, tables: Object.fromEntries(tables.flat()) };
}

interface KernelWay {
  readonly dev?: string;
  readonly gateway?: string;
}

async function askRoute(ctx: Context, tools: Tools, { to, from, iif }: RouteQuestion): Promise<RouteAnswer> {
  const words = iif === undefined ? [] : ["from", from, "iif", iif];
  try {
    const [way = {}] = await runJson<KernelWay>(ctx, tools, ["ip", "-json", "route", "get", to, ...words]);
    return {
      ...(way.dev !== undefined && { dev: way.dev }),
      ...(way.gateway !== undefined && { gateway: way.gateway }),
    };
  } catch (error) {
    return { error: messageOf(error).slice(0, 200) };
  }
}

interface KernelLink {
  readonly ifname: string;
  readonly mtu?: number;
  readonly flags?: readonly string[];
  readonly linkinfo?: { readonly info_data?: { readonly remote?: string } };
}

async function askLinks(ctx: Context, tools: Tools, names: readonly string[]): Promise<LinkAnswer[]> {
  const all = await runJson<KernelLink>(ctx, tools, ["ip", "-json", "-details", "link", "show"]);
  return all
    .filter(({ ifname }) => names.includes(ifname))
    .map(({ ifname, mtu = 0, flags = [], linkinfo }) => {
      const remote = linkinfo?.info_data?.remote;
      return { name: ifname, mtu, isUp: flags.includes("UP"), ...(remote !== undefined && { remote }) };
    });
}

async function askRules(ctx: Context, tools: Tools): Promise<RuleAnswer[]> {
  const all = await runJson<KernelRule>(ctx, tools, ["ip", "-json", "-N", "rule", "show"]);
  return all
    .filter(({ protocol }) => protocol === String(OUR_PROTOCOL))
    .map(({ dst, dstlen, iif, fwmark }) => ({
      dst: dst === undefined ? "" : `${dst}/${dstlen ?? 32}`,
      iif: iif ?? "",
      fwmark: fwmark ?? "",
    }));
}

async function askTable(ctx: Context, tools: Tools, name: string): Promise<[string, readonly string[]][]> {
  try {
    const { nftables = [] } = JSON.parse(await tools.run(ctx, ["nft", "-j", "list", "table", "ip", name])) as {
      nftables?: readonly { readonly rule?: { readonly comment?: string } }[];
    };
    return [[name, nftables.flatMap(({ rule }) => (rule === undefined ? [] : [rule.comment ?? ""]))]];
  } catch {
    // There is none.
    return [];
  }
}
