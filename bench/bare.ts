/** What there is without Liqo: two network namespaces joined by a veth pair, and WireGuard in user space between them. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { output } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import { systemTools, type ToolProcess } from "#network/system/tools.ts";
import { findProgram } from "#network/wireguard/programs.ts";
import type { Figure } from "./figures.ts";
import { type Inside, type Measured, measureBetween } from "./meter.ts";

const ENDS = [0, 1] as const;
const FIRST_PORT = 51_900;
/** As of a tunnel of Liqo. */
const MTU = 1_340;
/** Reached over whichever of the tunnels. */
const ADDRESSES = ["10.99.0.1", "10.99.0.2"] as const;

export interface Bare {
  readonly veth: Measured;
  /** One tunnel, one connection. */
  readonly carrier: Measured;
  /** One tunnel, several connections. */
  readonly flows: Measured;
  /** Several connections over each number of tunnels. */
  readonly several: readonly Figure[];
}

export async function measureBare(tunnels: readonly number[], flows: number): Promise<Bare> {
  await using pair = await BarePair.open();
  const veth = await pair.measure("10.98.0.2", 1);
  const found = new Map<number, Measured>();
  let carrier: Measured | undefined;
  for (const count of tunnels) {
    await pair.setTunnels(count);
    carrier ??= await pair.measure(ADDRESSES[1], 1);
    found.set(count, await pair.measure(ADDRESSES[1], flows));
  }
  const [[, one] = []] = found;
  if (carrier === undefined || one === undefined) throw new Error("no tunnel was measured");
  const several = [...found].map(
    ([count, { mbits }]): Figure => ({
      ...{ name: `${flows} connections, bare carrier, ${count} tunnels`, value: mbits, unit: "Mbit/s" },
      reference: { name: "one tunnel", value: one.mbits },
    }),
  );
  return { veth, carrier, flows: one, several };
}

class BarePair implements AsyncDisposable {
  readonly #names = ENDS.map((end) => `lqb${randomBytes(3).toString("hex")}${end}`);
  readonly #folder = mkdtempSync(join(tmpdir(), "liqo-bare-"));
  readonly #keys = ENDS.map(() => execFileSync("wg", ["genkey"], { encoding: "utf8" }).trim());
  readonly #running: ToolProcess[] = [];
  #tunnels = 0;

  static async open(): Promise<BarePair> {
    const pair = new BarePair();
    const [a = "", b = ""] = pair.#names;
    for (const name of [a, b]) await output("ip", ["netns", "add", name]);
    await output("ip", ["link", "add", "v0", "netns", a, "type", "veth", "peer", "name", "v1", "netns", b]);
    for (const end of ENDS) {
      await pair.#ip(end, "link", "set", "lo", "up");
      await pair.#ip(end, "addr", "add", `10.98.0.${end + 1}/24`, "dev", `v${end}`);
      await pair.#ip(end, "addr", "add", `${ADDRESSES[end]}/32`, "dev", "lo");
      await pair.#ip(end, "link", "set", `v${end}`, "up");
      const settings =
        "echo 1 > /proc/sys/net/ipv4/fib_multipath_hash_policy; echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter";
      await output("ip", ["netns", "exec", pair.#names[end] ?? "", "sh", "-c", settings]);
    }
    return pair;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#running) each.kill("SIGTERM");
    await Promise.all(this.#running.map(({ ended }) => ended));
    for (const name of this.#names) await output("ip", ["netns", "delete", name]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  measure(address: string, flows: number): Promise<Measured> {
    const inside =
      (end: number): Inside =>
      (...args) =>
        output("ip", ["netns", "exec", this.#names[end] ?? "", process.execPath, ...args]);
    return measureBetween(inside(1), inside(0), address, flows);
  }

  /** Adds those that are missing; flows are spread over all. */
  async setTunnels(count: number): Promise<void> {
    for (; this.#tunnels < count; this.#tunnels++) for (const end of ENDS) await this.#addTunnel(end, this.#tunnels);
    for (const end of ENDS) {
      const hops = Array.from({ length: count }, (_, index) => ["nexthop", "dev", this.#link(end, index)]).flat();
      await this.#ip(end, "route", "replace", ADDRESSES[1 - end] ?? "", "src", ADDRESSES[end], ...hops);
    }
  }

  async #addTunnel(end: 0 | 1, index: number): Promise<void> {
    const name = this.#names[end] ?? "";
    const link = this.#link(end, index);
    const tools = systemTools(["ip", "netns", "exec", name]);
    const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
    const { program } = await findProgram(ctx, tools);
    const { argv, env } = program.start(link);
    this.#running.push(tools.start([program.name, ...argv], env));
    await eventually(`${link} is there`, () => tools.run(ctx, ["wg", "show", link]));
    const key = join(this.#folder, `key-${end}`);
    writeFileSync(key, this.#keys[end] ?? "", { mode: 0o600 });
    const input = this.#keys[1 - end] ?? "";
    const peer = execFileSync("wg", ["pubkey"], { input, encoding: "utf8" }).trim();
    const port = String(FIRST_PORT + index);
    const own = ["wg", "set", link, "private-key", key, "listen-port", port];
    await tools.run(ctx, [...own, "peer", peer, "allowed-ips", "0.0.0.0/0", "endpoint", `10.98.0.${2 - end}:${port}`]);
    await this.#ip(end, "link", "set", link, "mtu", String(MTU), "up");
  }

  #link(end: number, index: number): string {
    // Control sockets of all ends are in one folder.
    return `${this.#names[end]}${index}`;
  }

  async #ip(end: number, ...args: readonly string[]): Promise<void> {
    await output("ip", ["-n", this.#names[end] ?? "", ...args]);
  }
}
