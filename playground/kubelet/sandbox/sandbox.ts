/**
 * A pod's sandbox: network, UTS and IPC namespaces held by bind mounts, so that no process has to keep them alive.
 * Pods have a /32 and reach even their neighbours through the node: thus every packet passes its service rules and connection
 * tracking, which a bridge would bypass without br_netfilter.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustParseCidr, nthAddress } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import type { RunProgram } from "../host.ts";
import type { AddressPool } from "./address-pool.ts";

export interface SandboxDeps {
  readonly pool: AddressPool;
  readonly run: RunProgram;
}

export interface SandboxOptions {
  readonly directory: string;
  readonly uid: string;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly hostIpc: boolean;
  readonly sysctls: readonly { readonly name: string; readonly value: string }[];
  readonly network: { readonly bridge: string; readonly podCidr: string; readonly nodeAddress: string };
}

export interface Sandbox {
  readonly ip: string;
  readonly network?: string;
  readonly ipc?: string;
  readonly uts: string;
}

const DEADLINE_MS = 20_000;
// As containerd sets for every pod: ping and low ports without capabilities.
const SYSCTLS = [
  { name: "net.ipv4.ping_group_range", value: "0 2147483647" },
  { name: "net.ipv4.ip_unprivileged_port_start", value: "0" },
  { name: "net.ipv6.conf.all.disable_ipv6", value: "1" },
];

/** Repeatable: a sandbox that is there already is returned as it is. */
export async function ensureSandbox(ctx: Context, deps: SandboxDeps, options: SandboxOptions): Promise<Sandbox> {
  const found = findSandbox(options.directory);
  if (found !== undefined) return found;
  // Half a sandbox may be left from a crash: namespaces without the record at the end.
  await removeSandbox(ctx, deps, options.directory, options.uid);
  const types = ["uts", ...(options.hostIpc ? [] : ["ipc"]), ...(options.hostNetwork ? [] : ["net"])];
  mkdirSync(options.directory, { recursive: true });
  for (const type of types) writeFileSync(join(options.directory, type), "");
  const flags = types.map((type) => `--${type}=${join(options.directory, type)}`);
  await deps.run("unshare", [...flags, "--", "sh", "-ec", setupScript(options)], {
    timeoutMs: DEADLINE_MS,
    signal: ctx.signal,
  });
  const ip = options.hostNetwork ? options.network.nodeAddress : await connect(ctx, deps, options);
  const sandbox: Sandbox = {
    ip,
    uts: join(options.directory, "uts"),
    ...(!options.hostNetwork && { network: join(options.directory, "net") }),
    ...(!options.hostIpc && { ipc: join(options.directory, "ipc") }),
  };
  writeFileSync(join(options.directory, "sandbox.json"), JSON.stringify(sandbox));
  return sandbox;
}

export function findSandbox(directory: string): Sandbox | undefined {
  const path = join(directory, "sandbox.json");
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, "utf8")) as Sandbox;
}

export async function removeSandbox(ctx: Context, deps: SandboxDeps, directory: string, uid: string): Promise<void> {
  const held = ["net", "uts", "ipc"].map((type) => join(directory, type)).filter((path) => existsSync(path));
  if (held.length > 0) {
    // The host's end is removed at once: with the namespace it would go only some time after the last process.
    const script = `ip link delete ${linkName(uid)} 2>/dev/null || true; for f in "$@"; do umount -l "$f" 2>/dev/null || true; done`;
    await deps.run("sh", ["-c", script, "sh", ...held], { timeoutMs: DEADLINE_MS, signal: ctx.signal });
  }
  rmSync(directory, { recursive: true, force: true });
  deps.pool.release(uid);
}

/** Name of the node's end of a pod's link: at most 15 characters. */
function linkName(uid: string): string {
  return `veth${createHash("sha256").update(uid).digest("hex").slice(0, 10)}`;
}

function setupScript(options: SandboxOptions): string {
  const own = options.hostNetwork ? [] : [...SYSCTLS, ...options.sysctls];
  const paths = own.map(({ name, value }) => ({ path: `/proc/sys/${name.replaceAll(".", "/")}`, value }));
  return [
    `hostname ${options.hostname}`,
    ...(options.hostNetwork ? [] : ["ip link set lo up"]),
    ...paths.map(({ path, value }) => `[ ! -e '${path}' ] || echo '${value.replaceAll("'", "")}' > '${path}'`),
  ].join("\n");
}

async function connect(ctx: Context, { pool, run }: SandboxDeps, options: SandboxOptions): Promise<string> {
  const ip = pool.take(options.uid);
  const gateway = nthAddress(mustParseCidr(options.network.podCidr), 1);
  const net = join(options.directory, "net");
  const link = linkName(options.uid);
  // Hairpin: where the kernel filters bridged packets, one that a Service leads back to its sender leaves by the port it came from.
  const outside = `link add ${link} type veth peer name eth0 netns ${net}\nlink set ${link} master ${options.network.bridge} up\nlink set ${link} type bridge_slave hairpin on\n`;
  const inside = `addr add ${ip}/32 dev eth0\nlink set eth0 up\nroute add ${gateway} dev eth0 scope link\nroute add default via ${gateway}\n`;
  await run("ip", ["-batch", "-"], { input: outside, timeoutMs: DEADLINE_MS, signal: ctx.signal });
  await run("nsenter", [`--net=${net}`, "ip", "-batch", "-"], {
    input: inside,
    timeoutMs: DEADLINE_MS,
    signal: ctx.signal,
  });
  return ip;
}
