/** What the nodes' agents see of their kernels: by exec in pods of liqo-fabric, whose network is that of the node. Reads only. */
import type { Pod } from "kubernetes-types/core/v1";
import { type Context, withTimeout } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { keyOf } from "#machinery/meta.ts";
import { isReady } from "#machinery/pod.ts";
import { ANSWER_MS } from "../cluster.ts";
import { execInPod } from "../exec.ts";
import { look, type Seen } from "../why/seen.ts";
import type { KernelLink, Machine } from "./facts.ts";

/** Of a large cluster some are looked at: nodes of one cluster are mostly alike. */
const MOST_MACHINES = 20;
const AT_ONCE = 5;

export async function askMachines(ctx: Context, client: KubeClient, fabrics: readonly Pod[]): Promise<Machine[]> {
  const chosen = fabrics.filter(isReady).slice(0, MOST_MACHINES);
  const machines: Machine[] = [];
  for (let at = 0; at < chosen.length; at += AT_ONCE)
    machines.push(...(await Promise.all(chosen.slice(at, at + AT_ONCE).map((pod) => askMachine(ctx, client, pod)))));
  return machines;
}

async function askMachine(ctx: Context, client: KubeClient, pod: Pod): Promise<Machine> {
  const limited = withTimeout(ctx, ANSWER_MS);
  const ask = <T>(command: readonly string[], parse: (text: string) => T): Promise<Seen<T>> =>
    look(execInPod(limited, client, keyOf(pod), command).then(parse));
  const [links, tables, forwards] = await Promise.all([
    ask(["ip", "-json", "-details", "link", "show"], parseLinks),
    ask(["nft", "-j", "list", "tables"], parseTables),
    ask(["cat", "/proc/sys/net/ipv4/ip_forward"], (text) => text.trim() === "1"),
  ]);
  return { node: pod.spec?.nodeName ?? "", links, tables, forwards };
}

/** Throws for what `ip` does not print. */
export function parseLinks(text: string): KernelLink[] {
  return arrayOf(JSON.parse(text.trim() === "" ? "[]" : text)).flatMap((link) => {
    const [name, mtu, kind] = [at(link, "ifname"), at(link, "mtu"), at(at(link, "linkinfo"), "info_kind")];
    if (typeof name !== "string" || typeof mtu !== "number") return [];
    return [{ name, mtu, kind: typeof kind === "string" ? kind : undefined }];
  });
}

/** Throws for what `nft` does not print. */
export function parseTables(text: string): string[] {
  return arrayOf(at(JSON.parse(text), "nftables")).flatMap((entry) => {
    const name = at(at(entry, "table"), "name");
    return typeof name === "string" ? [name] : [];
  });
}

function arrayOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error("it answers with something else than a list");
  return value;
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
