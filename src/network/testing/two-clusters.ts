/**
 * Two clusters of one node each, as network namespaces: node, gateway pod and one other pod, both with the same pod CIDR.
 * The nodes are joined by one veth pair, or by a router each; nothing is created outside these namespaces, whose names begin
 * with one prefix.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "#base/context.ts";
import { systemTools, type Tools } from "../system/tools.ts";

export const POD_CIDR = "10.244.0.0/16";
/** Each cluster's pod has the address that the other's gateway has: with equal pod CIDRs that will happen. */
export const POD_IPS = {
  a: { gw: "10.244.1.5", pod: "10.244.1.6" },
  b: { gw: "10.244.1.6", pod: "10.244.1.5" },
} as const;
export const NODE_PORT = 30571;
export const API_PORT = 6443;
export const NODE_IPS = { a: "172.31.0.10", b: "172.31.1.10" } as const;
/** Of the routers, towards each other. */
export const OUTSIDE_IPS = { a: "203.0.113.1", b: "203.0.113.2" } as const;
export type Side = keyof typeof NODE_IPS;
export type Role = "node" | "gw" | "pod" | "router";
export type Joined = "directly" | "by routers";

const SIDES: readonly Side[] = ["a", "b"];
const BRIDGE_IP = "10.244.1.1";

export class TwoClusters implements AsyncDisposable {
  readonly #ctx: Context;
  readonly #prefix: string;
  readonly #children: ChildProcess[] = [];
  readonly #servers: Server[] = [];

  private constructor(ctx: Context, prefix: string) {
    this.#ctx = ctx;
    this.#prefix = prefix;
  }

  /** `prefix` must be unique on the machine. */
  static async create(ctx: Context, prefix: string, joined: Joined = "directly"): Promise<TwoClusters> {
    const clusters = new TwoClusters(ctx, prefix);
    try {
      for (const side of SIDES) await clusters.#createSide(side);
      await (joined === "directly" ? clusters.#join() : clusters.#joinByRouters());
      return clusters;
    } catch (error) {
      await clusters[Symbol.asyncDispose]();
      throw error;
    }
  }

  netns(side: Side, role: Role): string {
    return `${this.#prefix}-${side}-${role}`;
  }

  tools(side: Side, role: Role): Tools {
    return systemTools(this.#prefixOf(side, role));
  }

  #prefixOf(side: Side, role: Role): string[] {
    return ["nsenter", `--net=/var/run/netns/${this.netns(side, role)}`];
  }

  run(side: Side, role: Role, argv: readonly string[], input?: string): Promise<string> {
    return this.tools(side, role).run(this.#ctx, argv, input);
  }

  /** A script of this project in a namespace; the process is ended with the clusters. */
  start(
    side: Side,
    role: Role,
    script: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): ChildProcess {
    // wireguard-go's control sockets have one fixed folder, which in pods is each one's own.
    const setup = 'mkdir -p /run/wireguard && mount -t tmpfs none /run/wireguard && exec "$@"';
    const unshare = ["unshare", "--mount", "--propagation", "private", "sh", "-c", setup, "sh"];
    const argv = [...this.#prefixOf(side, role), ...unshare, process.execPath, script, ...args];
    const [file = "", ...rest] = argv;
    const child = spawn(file, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    this.#children.push(child);
    return child;
  }

  /** Makes the API server on `port` of this process reachable at 127.0.0.1:6443 in the node and the gateway. */
  async provideApiServer(side: Side, port: number, directory: string): Promise<void> {
    const path = join(directory, `api-${side}.sock`);
    const server = createServer((inner) => {
      const outer = connect(port, "127.0.0.1");
      inner.pipe(outer).pipe(inner);
      inner.on("error", () => outer.destroy());
      outer.on("error", () => inner.destroy());
    });
    this.#servers.push(server);
    await rm(path, { force: true });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const relay = fileURLToPath(new URL("relay.ts", import.meta.url));
    for (const role of ["node", "gw"] as const) {
      await firstOutput(this.start(side, role, relay, [String(API_PORT), path]));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    for (const server of this.#servers) server.close();
    for (const side of SIDES) {
      for (const role of ["pod", "gw", "node", "router"] as const) await this.#deleteNetns(this.netns(side, role));
    }
  }

  async #createSide(side: Side): Promise<void> {
    for (const role of ["node", "gw", "pod"] as const) {
      await systemTools().run(this.#ctx, ["ip", "netns", "add", this.netns(side, role)]);
      await this.run(side, role, ["ip", "link", "set", "lo", "up"]);
    }
    const pods = POD_IPS[side];
    await this.run(side, "node", ["sh", "-ec", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
    await this.#batch(side, "node", [
      "link add cni0 type bridge",
      `addr add ${BRIDGE_IP}/24 dev cni0`,
      "link set cni0 up",
      ...Object.keys(pods).flatMap((role) => [
        `link add ${role} type veth peer name eth0 netns ${this.netns(side, role as Role)}`,
        `link set ${role} master cni0 up`,
      ]),
    ]);
    for (const [role, address] of Object.entries(pods)) {
      const lines = [`addr add ${address}/24 dev eth0`, "link set eth0 up", `route add default via ${BRIDGE_IP}`];
      await this.#batch(side, role as Role, lines);
    }
    // What a CNI and kube-proxy do: pods leave with the node's address, and the node port leads to the gateway.
    const rules = `table ip cluster {
      chain postrouting {
        type nat hook postrouting priority 100; policy accept;
        ip saddr 10.244.1.0/24 ip daddr != ${POD_CIDR} masquerade
      }
      chain prerouting {
        type nat hook prerouting priority -100; policy accept;
        iifname "eth0" udp dport ${NODE_PORT}-${NODE_PORT + 3} dnat to ${pods.gw} : udp dport map { ${nodePorts()} }
      }
    }`;
    await this.run(side, "node", ["nft", "-f", "-"], rules);
  }

  async #join(): Promise<void> {
    await this.#batch("a", "node", [`link add eth0 type veth peer name eth0 netns ${this.netns("b", "node")}`]);
    for (const side of SIDES) {
      await this.#batch(side, "node", [`addr add ${NODE_IPS[side]}/16 dev eth0`, "link set eth0 up"]);
    }
  }

  /** Each router knows the way to both nodes; what it makes of packets is a test's own. */
  async #joinByRouters(): Promise<void> {
    for (const side of SIDES) {
      await systemTools().run(this.#ctx, ["ip", "netns", "add", this.netns(side, "router")]);
      await this.run(side, "router", ["sh", "-ec", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
      const inside = NODE_IPS[side].replace(/\d+$/, "1");
      await this.#batch(side, "node", [
        `link add eth0 type veth peer name inside netns ${this.netns(side, "router")}`,
        `addr add ${NODE_IPS[side]}/24 dev eth0`,
        "link set eth0 up",
        `route add default via ${inside}`,
      ]);
      await this.#batch(side, "router", [`addr add ${inside}/24 dev inside`, "link set inside up"]);
    }
    await this.#batch("a", "router", [
      `link add outside type veth peer name outside netns ${this.netns("b", "router")}`,
    ]);
    for (const [side, other] of [
      ["a", "b"],
      ["b", "a"],
    ] as const)
      await this.#batch(side, "router", [
        `addr add ${OUTSIDE_IPS[side]}/24 dev outside`,
        "link set outside up",
        `route add ${NODE_IPS[other]}/32 via ${OUTSIDE_IPS[other]}`,
      ]);
  }

  async #batch(side: Side, role: Role, lines: readonly string[]): Promise<void> {
    await this.run(side, role, ["ip", "-batch", "-"], `${lines.join("\n")}\n`);
  }

  async #deleteNetns(name: string): Promise<void> {
    const tools = systemTools();
    const context: Context = { signal: AbortSignal.timeout(10_000), log: this.#ctx.log };
    // What a killed agent left behind would keep the namespace alive.
    const pids = await tools.run(context, ["ip", "netns", "pids", name]).catch(() => "");
    for (const pid of pids.split("\n").filter((each) => each !== "")) {
      await tools.run(context, ["kill", "-9", pid]).catch(() => "");
    }
    await tools.run(context, ["ip", "netns", "delete", name]).catch(() => "");
  }
}

/** Of as many tunnels as a test may want. */
function nodePorts(): string {
  return [0, 1, 2, 3].map((at) => `${NODE_PORT + at} : ${51_840 + at}`).join(", ");
}

/** Resolves with what the process prints first. */
export function firstOutput(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once("data", (text: Buffer) => resolve(text.toString("utf8")));
    child.once("close", (code) => reject(new Error(`ended with ${code} before it said anything`)));
  });
}
