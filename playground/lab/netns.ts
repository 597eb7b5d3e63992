/** Named network namespaces and what is done inside them: ip batches, sysctls, nft transactions. iproute2: ip-netns(8) */
import { existsSync } from "node:fs";
import type { Context } from "#base/context.ts";
import { run } from "#base/run.ts";

const NETNS_DIR = "/var/run/netns";
const DEADLINE_MS = 20_000;

export function netnsPath(name: string): string {
  return `${NETNS_DIR}/${name}`;
}

export async function ensureNetns(ctx: Context, name: string): Promise<void> {
  if (existsSync(netnsPath(name))) return;
  await run("ip", ["netns", "add", name], { timeoutMs: DEADLINE_MS, signal: ctx.signal });
}

export async function deleteNetns(name: string): Promise<void> {
  if (!existsSync(netnsPath(name))) return;
  await run("ip", ["netns", "delete", name], { timeoutMs: DEADLINE_MS });
}

/** Runs a tool in a namespace, or on the host when `netns` is undefined. */
export async function runIn(
  ctx: Context,
  netns: string | undefined,
  argv: readonly string[],
  input?: string,
): Promise<string> {
  const [file = "", ...args] = netns === undefined ? argv : ["nsenter", `--net=${netnsPath(netns)}`, ...argv];
  const { stdout } = await run(file, args, {
    timeoutMs: DEADLINE_MS,
    signal: ctx.signal,
    ...(input !== undefined && { input }),
  });
  return stdout;
}

/** Executes `ip` commands in order, in one process; stops at the first that fails. */
export async function ipBatch(ctx: Context, netns: string | undefined, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await runIn(ctx, netns, ["ip", "-batch", "-"], `${lines.join("\n")}\n`);
}

export async function linkNames(ctx: Context, netns: string | undefined): Promise<Set<string>> {
  const links = JSON.parse(await runIn(ctx, netns, ["ip", "-json", "link", "show"])) as { ifname: string }[];
  return new Set(links.map((link) => link.ifname));
}

/** Makes the namespace a router: forwards, has no reverse-path filter and no IPv6. */
export async function makeRouter(ctx: Context, netns: string): Promise<void> {
  const settings = {
    "ipv4/ip_forward": 1,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/default/send_redirects": 0,
    // Ask neighbours in the name of the link's own address, not of a Service's.
    "ipv4/conf/all/arp_announce": 2,
    "ipv6/conf/all/disable_ipv6": 1,
    "ipv6/conf/default/disable_ipv6": 1,
  };
  const lines = Object.entries(settings).map(([name, value]) => {
    const path = `/proc/sys/net/${name}`;
    return `[ ! -e ${path} ] || echo ${value} > ${path}`;
  });
  await runIn(ctx, netns, ["sh", "-ec", [...lines, "ip link set lo up"].join("\n")]);
}
