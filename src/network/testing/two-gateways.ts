/** The real agents of two clusters with the same pod CIDR: a fabric and a gateway each, and a pod that echoes. */
import { type ChildProcess, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as labels from "#api/labels.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { geneveTunnels, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { type Context, sleep } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { namespaces, pods } from "#machinery/builtin.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import { systemTools } from "../system/tools.ts";
import { CRDS } from "./network-api.ts";
import * as objects from "./objects.ts";
import * as two from "./two-clusters.ts";

export const SIDES = ["a", "b"] as const;
export const REMAPPED = { a: "10.245.0.0/16", b: "10.246.0.0/16" } as const;
/** At which pods echo. */
export const PORT = "7000";
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const ECHO = fileURLToPath(new URL("echo.ts", import.meta.url));
// A second or two, and many times that on a machine with other work.
const PATIENCE_MS = 60_000;
const UID = "c940b5b0-17e9-4f61-9c2f-9bcdb2628af3";
const TOOLS = ["ip", "nft", "wg", "wireguard-go", "nsenter", "unshare"];

interface Cluster {
  readonly server: TestApiServer;
  readonly client: KubeClient;
  readonly kubeconfig: string;
  readonly keysDir: string;
}

/** Where the client dials the server. */
export interface Dialled {
  readonly address: string;
  readonly port: number;
}

export const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

/** Why this machine cannot have them; false when it can. */
export function findObstacle(): string | false {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/dev/net/tun")) return "needs /dev/net/tun";
  const paths = (process.env["PATH"] ?? "").split(delimiter);
  const missing = TOOLS.find((tool) => !paths.some((path) => existsSync(join(path, tool))));
  if (missing !== undefined) return `needs ${missing}`;
  return false;
}

/** The client is at a, the server at b. */
export class TwoGateways implements AsyncDisposable {
  readonly net: two.TwoClusters;
  readonly #folder: string;
  readonly #clusters = new Map<two.Side, Cluster>();
  readonly #agents = new Map<string, ChildProcess>();

  private constructor(net: two.TwoClusters, folder: string) {
    this.net = net;
    this.#folder = folder;
  }

  static async start(joined: two.Joined = "directly"): Promise<TwoGateways> {
    const folder = await mkdtemp(join(tmpdir(), "liqo-network-"));
    const net = await two.TwoClusters.create(ctx, `lqt${randomBytes(4).toString("hex")}`, joined);
    const gateways = new TwoGateways(net, folder);
    try {
      await gateways.#setUp();
      return gateways;
    } catch (error) {
      await gateways[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.net[Symbol.asyncDispose]();
    for (const { client, server } of this.#clusters.values()) {
      client[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  client(side: two.Side): KubeClient {
    return this.#cluster(side).client;
  }

  viewOf(side: two.Side, peerKey = ""): objects.PeeringView {
    const peer = other(side);
    return {
      ...{ peer, peerKey, node: `node-${side}`, namespace: `liqo-tenant-${peer}` },
      ...{ podCidr: two.POD_CIDR, remoteCidr: two.POD_CIDR, remappedCidr: REMAPPED[side] },
      tunnelPeer: side === "a" ? "169.254.18.1" : "169.254.18.2",
      gatewayIp: two.POD_IPS[side].gw,
      podIps: [two.POD_IPS[side].pod],
    };
  }

  startGateway(side: two.Side, dialled: Dialled = { address: two.NODE_IPS.b, port: two.NODE_PORT }): void {
    const { peer, namespace, node } = this.viewOf(side);
    const mode =
      side === "a"
        ? ["--mode=client", `--endpoint-address=${dialled.address}`, `--endpoint-ports=${dialled.port}`]
        : ["--mode=server"];
    const names = [`--name=${peer}`, `--namespace=${namespace}`, `--remote-cluster-id=${peer}`, `--gateway-uid=${UID}`];
    const own = [`--node-name=${node}`, "--pod-name=gateway-pod", `--keys-dir=${this.#cluster(side).keysDir}`];
    this.#start(`gateway-${side}`, side, "gw", "cmd/liqo-gateway.ts", [...names, ...mode, ...own]);
  }

  async kill(name: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#agents.get(name);
    if (child === undefined) throw new Error(`no agent ${name}`);
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill(signal);
    await ended;
  }

  /** As when its container dies with all of its processes. */
  async killGateway(side: two.Side): Promise<void> {
    await this.kill(`gateway-${side}`);
    for (const pid of await this.#wireguards(side)) await systemTools().run(ctx, ["kill", "-9", pid]);
  }

  /** As when the process of one tunnel dies. */
  async killTunnel(side: two.Side, link: string): Promise<void> {
    for (const pid of await this.#wireguards(side)) {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
      if (command.split("\0").includes(link)) await systemTools().run(ctx, ["kill", "-9", pid]);
    }
  }

  /** One tunnel for each port. */
  async setPorts(side: two.Side, ports: readonly number[]): Promise<void> {
    const { namespace, peer: name } = this.viewOf(side);
    const client = this.client(side);
    const metadata = { namespace, name };
    if (side === "a") {
      const endpoint = { addresses: [two.NODE_IPS.b], ports: [...ports] };
      await client.apply(ctx, gatewayClients, { metadata, spec: { endpoint } });
    } else await client.apply(ctx, gatewayServers, { metadata, spec: { endpoint: { ports: [...ports] } } });
  }

  /** What the pod of the other cluster answers, as soon as it does. */
  say(side: two.Side, protocol: "tcp" | "udp", text: string): Promise<string> {
    const address = remap(two.POD_IPS[other(side)].pod, REMAPPED[side]);
    return until(`${protocol} from ${side}`, () => this.sayOnce(side, protocol, address, text).catch(() => undefined));
  }

  /** Rejects unless the answer comes within 2 s. */
  sayOnce(side: two.Side, protocol: "tcp" | "udp", address: string, text: string): Promise<string> {
    return this.net.run(side, "pod", ["timeout", "2", process.execPath, ECHO, protocol, address, PORT, text]);
  }

  findConnection(side: two.Side): Promise<Connection | undefined> {
    const { namespace, peer } = this.viewOf(side);
    return this.client(side).find(ctx, connections, { namespace, name: `gw-${peer}` });
  }

  async #wireguards(side: two.Side): Promise<string[]> {
    const pids = await systemTools().run(ctx, ["ip", "netns", "pids", this.net.netns(side, "gw")]);
    const names = pids
      .trim()
      .split("\n")
      .map(async (pid) => ({ pid, name: await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "") }));
    return (await Promise.all(names)).filter(({ name }) => name.trim() === "wireguard-go").map(({ pid }) => pid);
  }

  async #setUp(): Promise<void> {
    const keys = { a: await this.#makeKeys("a"), b: await this.#makeKeys("b") };
    for (const side of SIDES) {
      await this.#startCluster(side);
      await this.#createObjects(side, keys[other(side)]);
    }
    for (const side of SIDES) {
      this.#startFabric(side);
      this.startGateway(side);
      await two.firstOutput(this.net.start(side, "pod", ECHO, ["serve", PORT]));
    }
  }

  /** Resolves to the public key. */
  async #makeKeys(side: two.Side): Promise<string> {
    const privateKey = execFileSync("wg", ["genkey"], { encoding: "utf8" });
    const publicKey = execFileSync("wg", ["pubkey"], { input: privateKey, encoding: "utf8" }).trim();
    const directory = await mkdtemp(join(this.#folder, `keys-${side}-`));
    await writeFile(join(directory, "privateKey"), Buffer.from(privateKey, "base64"));
    await writeFile(join(directory, "publicKey"), Buffer.from(publicKey, "base64"));
    // As a mounted Secret has them.
    execFileSync("ln", ["-s", directory, join(this.#folder, `keys-${side}`)]);
    return publicKey;
  }

  async #startCluster(side: two.Side): Promise<void> {
    const server = await startTestApiServer({ crds: CRDS });
    const client = new KubeClient(configFromFile(server.kubeconfig), "test");
    const kubeconfig = join(this.#folder, `kubeconfig-${side}`);
    // Known to the disposal from here on, whatever fails next.
    this.#clusters.set(side, { server, client, kubeconfig, keysDir: join(this.#folder, `keys-${side}`) });
    await this.net.provideApiServer(side, server.server.port, this.#folder);
    const text = await readFile(server.kubeconfig, "utf8");
    await writeFile(kubeconfig, text.replace(server.url, `https://127.0.0.1:${two.API_PORT}`), { mode: 0o600 });
  }

  async #createObjects(side: two.Side, peerKey: string): Promise<void> {
    const { client } = this.#cluster(side);
    const view = this.viewOf(side, peerKey);
    for (const name of ["liqo", view.namespace]) await client.create(ctx, namespaces, { metadata: { name } });
    await client.create(ctx, internalNodes, objects.internalNode(view));
    await client.create(ctx, internalFabrics, objects.internalFabric(view));
    await client.create(ctx, geneveTunnels, objects.geneveTunnel(view));
    await client.create(ctx, publicKeys, objects.publicKey(view));
    for (const each of objects.routeConfigurationsOf(view)) await client.create(ctx, routeConfigurations, each);
    for (const each of objects.firewallConfigurationsOf(view)) await client.create(ctx, firewallConfigurations, each);
    const own = { [labels.NETWORKING_COMPONENT]: "gateway", [labels.GATEWAY_NAME]: view.peer };
    const pod = await client.create(ctx, pods, {
      metadata: { name: "gateway-pod", namespace: view.namespace, labels: own },
      spec: { nodeName: view.node, containers: [{ name: "gateway", image: "gateway" }] },
    });
    await client.updateStatus(ctx, pods, { ...pod, status: { podIP: two.POD_IPS[side].gw } });
  }

  #startFabric(side: two.Side): void {
    const args = [`--nodename=node-${side}`, "--podname=fabric-pod", "--health-probe-bind-address=0"];
    this.#start(`fabric-${side}`, side, "node", "cmd/liqo-fabric.ts", args);
  }

  #start(name: string, side: two.Side, role: two.Role, script: string, args: readonly string[]): void {
    const env = { KUBECONFIG: this.#cluster(side).kubeconfig, LIQO_LOG_LEVEL: "info" };
    const child = this.net.start(side, role, join(ROOT, script), args, env);
    // For whoever runs a test with NETWORK_TEST_LOG set.
    const log = process.env["NETWORK_TEST_LOG"];
    child.stdout?.resume();
    child.stderr?.on("data", (text: Buffer) => log !== undefined && process.stderr.write(`${name} ${text}`));
    this.#agents.set(name, child);
  }

  #cluster(side: two.Side): Cluster {
    const found = this.#clusters.get(side);
    if (found === undefined) throw new Error(`no cluster ${side}`);
    return found;
  }
}

export async function until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const found = await probe();
    if (found !== undefined) return found;
    await sleep(ctx, 100);
  }
  throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
}

export function remap(ip: string, cidr: string): string {
  return [...cidr.split(".").slice(0, 2), ...ip.split(".").slice(2)].join(".");
}

export function other(side: two.Side): two.Side {
  return side === "a" ? "b" : "a";
}
