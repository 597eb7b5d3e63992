/** Story: two clusters with the same pod CIDR, the real agents, a real tunnel, and pods that talk to each other. */
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import * as labels from "#api/labels.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { geneveTunnels, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { forgeCrd } from "#api/schema/crd.ts";
import { type Context, sleep } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { customResourceDefinitions, namespaces, pods } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { startTestApiServer, type TestApiServer } from "#playground/testing.ts";
import type { HostCondition } from "./configurations/host-status.ts";
import { systemTools } from "./system/tools.ts";
import * as objects from "./testing/objects.ts";
import * as two from "./testing/two-clusters.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ECHO = fileURLToPath(new URL("testing/echo.ts", import.meta.url));
const PATIENCE_MS = 10_000;
const PORT = "7000";
const UID = "c940b5b0-17e9-4f61-9c2f-9bcdb2628af3";
const SIDES = ["a", "b"] as const;
const REMAPPED = { a: "10.245.0.0/16", b: "10.246.0.0/16" } as const;
const KINDS = [
  ...[connections, publicKeys, routeConfigurations, firewallConfigurations],
  ...[geneveTunnels, internalFabrics, internalNodes],
];
const TOOLS = ["ip", "nft", "wg", "wireguard-go", "nsenter", "unshare"];

interface Cluster {
  readonly server: TestApiServer;
  readonly client: KubeClient;
  readonly kubeconfig: string;
  readonly keysDir: string;
}

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
const state: { folder?: string; net?: two.TwoClusters; a?: Cluster; b?: Cluster; agents: Map<string, ChildProcess> } = {
  agents: new Map(),
};

function findObstacle(): string | false {
  if (process.getuid?.() !== 0) return "needs root";
  if (!existsSync("/dev/net/tun")) return "needs /dev/net/tun";
  const paths = (process.env["PATH"] ?? "").split(delimiter);
  const missing = TOOLS.find((tool) => !paths.some((path) => existsSync(join(path, tool))));
  if (missing !== undefined) return `needs ${missing}`;
  return false;
}

describe("pods of two clusters with the same pod CIDR", { skip: findObstacle(), timeout: 120_000 }, () => {
  before(setUp);
  after(tearDown);

  it("connects the gateways and reports the latency", async () => {
    for (const side of SIDES) {
      const connection = await until(`Connection of ${side}`, async () => {
        const found = await findConnection(side);
        return found?.status?.value === "Connected" ? found : undefined;
      });
      assert.match(connection.status?.latency?.value ?? "", /^[\d.]+(µs|ms)$/);
      assert.equal(connection.metadata?.labels?.[labels.REMOTE_CLUSTER_ID], other(side));
    }
  });

  for (const side of SIDES) {
    for (const protocol of ["tcp", "udp"] as const) {
      it(`carries ${protocol} from ${side} through the remapped CIDR, and the answer back`, async () => {
        const answer = await say(side, protocol, "hello");
        // The other cluster sees the sender in the CIDR that it gave to this one.
        assert.equal(answer, `${remap(two.POD_IPS[side].pod, REMAPPED[other(side)])} hello`);
      });
    }
  }

  for (const side of SIDES) {
    it(`refuses what ${side} says to a pod that is gone, before a client would give up`, async () => {
      const gone = remap(two.POD_IPS[other(side)].pod, REMAPPED[side]).replace(/\d+$/, "99");
      const refused = await until(`refusal to ${side}`, async () => {
        const argv = ["timeout", "2", process.execPath, ECHO, "tcp", gone, PORT, "anybody?"];
        const said = await net()
          .run(side, "pod", argv)
          .catch((error: unknown) => String(error));
        return said.includes("ECONNREFUSED") ? said : undefined;
      });
      assert.match(refused, new RegExp(`ECONNREFUSED ${gone.replaceAll(".", "\\.")}:${PORT}`));
    });
  }

  it("says Applied for every configuration, once per host", async () => {
    for (const side of SIDES) {
      const view = viewOf(side, "");
      for (const resource of [routeConfigurations, firewallConfigurations] as const) {
        const list = await until(`conditions on ${side}`, async () => {
          const { items } = await cluster(side).client.list<KubeObject & { status?: { conditions?: HostCondition[] } }>(
            ctx,
            resource as never,
          );
          return items.every((each) => (each.status?.conditions ?? []).length > 0) ? items : undefined;
        });
        for (const each of list) {
          const isFabric =
            Object.values(each.metadata?.labels ?? {}).includes("fabric") && each.metadata?.namespace !== "liqo";
          const conditions = (each.status?.conditions ?? []).map(({ host, status, type }) => [host, status, type]);
          assert.deepEqual(conditions, [[isFabric ? "fabric-pod" : view.peer, "True", "Applied"]], each.metadata?.name);
        }
      }
    }
  });

  it("keeps silent while the gateway of one's own is gone: TCP sends again what is lost", async () => {
    await kill("gateway-b");
    await killWireguard("b");
    const argv = ["timeout", "2", process.execPath, ECHO, "tcp", remap(two.POD_IPS.a.pod, REMAPPED.b), PORT, "lost"];
    await assert.rejects(net().run("b", "pod", argv), (error: Error) => {
      // As timeout(1) ends.
      assert.match(error.message, /exited with 124/);
      return true;
    });
  });

  it("heals when the server's gateway is started again", async () => {
    startGateway("b");
    assert.equal(await say("a", "tcp", "again"), `${remap(two.POD_IPS.a.pod, REMAPPED.b)} again`);
  });

  it("restores a table that someone deleted and a link that someone removed", async () => {
    await net().run("a", "gw", ["nft", "delete", "table", "ip", "remap-podcidr"]);
    await net().run("a", "node", ["ip", "link", "del", objects.NODE_LINK]);
    assert.equal(await say("a", "udp", "restored"), `${remap(two.POD_IPS.a.pod, REMAPPED.b)} restored`);
  });

  it("removes the node's state and the finalizer when a configuration is deleted", async () => {
    const key = { namespace: viewOf("a", "").namespace, name: "b-node-gw" };
    await cluster("a").client.delete(ctx, routeConfigurations, key);
    await until("deletion", async () => {
      const found = await cluster("a").client.find(ctx, routeConfigurations, key);
      return found === undefined ? true : undefined;
    });
    const rules = await net().run("a", "node", ["ip", "rule", "show"]);
    assert.doesNotMatch(rules, /10\.245\./);
  });

  it("ends within a second at SIGTERM", async () => {
    const started = performance.now();
    await Promise.all(["gateway-a", "fabric-a"].map((name) => kill(name, "SIGTERM")));
    assert.ok(performance.now() - started < 1_500);
  });
});

async function setUp(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "liqo-network-"));
  state.folder = folder;
  state.net = await two.TwoClusters.create(ctx, `lqt${randomBytes(4).toString("hex")}`);
  const keys = { a: await makeKeys(folder, "a"), b: await makeKeys(folder, "b") };
  for (const side of SIDES) {
    await startCluster(side, folder);
    await createObjects(side, keys[other(side)]);
  }
  for (const side of SIDES) {
    startFabric(side);
    startGateway(side);
    await two.firstOutput(net().start(side, "pod", ECHO, ["serve", PORT]));
  }
}

async function tearDown(): Promise<void> {
  await state.net?.[Symbol.asyncDispose]();
  for (const side of SIDES) {
    state[side]?.client[Symbol.dispose]();
    await state[side]?.server[Symbol.asyncDispose]();
  }
  if (state.folder !== undefined) await rm(state.folder, { recursive: true, force: true });
}

/** Resolves to the public key. */
async function makeKeys(folder: string, side: two.Side): Promise<string> {
  const privateKey = execFileSync("wg", ["genkey"], { encoding: "utf8" });
  const publicKey = execFileSync("wg", ["pubkey"], { input: privateKey, encoding: "utf8" }).trim();
  const directory = await mkdtemp(join(folder, `keys-${side}-`));
  await writeFile(join(directory, "privateKey"), Buffer.from(privateKey, "base64"));
  await writeFile(join(directory, "publicKey"), Buffer.from(publicKey, "base64"));
  await rm(join(folder, `keys-${side}`), { recursive: true, force: true });
  execFileSync("ln", ["-s", directory, join(folder, `keys-${side}`)]);
  return publicKey;
}

async function startCluster(side: two.Side, folder: string): Promise<void> {
  const server = await startTestApiServer();
  const client = new KubeClient(configFromFile(server.kubeconfig), "test");
  const kubeconfig = join(folder, `kubeconfig-${side}`);
  // Known to tearDown from here on, whatever fails next.
  const started: Cluster = { server, client, kubeconfig, keysDir: join(folder, `keys-${side}`) };
  state[side] = started;
  for (const kind of KINDS) await client.create(ctx, customResourceDefinitions, forgeCrd(kind, {}) as never);
  await net().provideApiServer(side, server.server.port, folder);
  const text = await readFile(server.kubeconfig, "utf8");
  await writeFile(kubeconfig, text.replace(server.url, `https://127.0.0.1:${two.API_PORT}`), { mode: 0o600 });
}

async function createObjects(side: two.Side, peerKey: string): Promise<void> {
  const { client } = cluster(side);
  const view = viewOf(side, peerKey);
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

function viewOf(side: two.Side, peerKey: string): objects.PeeringView {
  const peer = other(side);
  return {
    ...{ peer, peerKey, node: `node-${side}`, namespace: `liqo-tenant-${peer}` },
    ...{ podCidr: two.POD_CIDR, remoteCidr: two.POD_CIDR, remappedCidr: REMAPPED[side] },
    tunnelPeer: side === "a" ? "169.254.18.1" : "169.254.18.2",
    gatewayIp: two.POD_IPS[side].gw,
    podIps: [two.POD_IPS[side].pod],
  };
}

function startFabric(side: two.Side): void {
  const args = [`--nodename=node-${side}`, "--podname=fabric-pod", "--health-probe-bind-address=0"];
  start(`fabric-${side}`, side, "node", "cmd/liqo-fabric.ts", args);
}

/** a is the client, b the server. */
function startGateway(side: two.Side): void {
  const { peer, namespace, node } = viewOf(side, "");
  const mode =
    side === "a"
      ? ["--mode=client", `--endpoint-address=${two.NODE_IPS.b}`, `--endpoint-ports=${two.NODE_PORT}`]
      : ["--mode=server"];
  const names = [`--name=${peer}`, `--namespace=${namespace}`, `--remote-cluster-id=${peer}`, `--gateway-uid=${UID}`];
  const own = [`--node-name=${node}`, "--pod-name=gateway-pod", `--keys-dir=${cluster(side).keysDir}`];
  start(`gateway-${side}`, side, "gw", "cmd/liqo-gateway.ts", [...names, ...mode, ...own]);
}

function start(name: string, side: two.Side, role: two.Role, script: string, args: readonly string[]): void {
  const env = { KUBECONFIG: cluster(side).kubeconfig, LIQO_LOG_LEVEL: "info" };
  const child = net().start(side, role, join(ROOT, script), args, env);
  // For whoever runs the test with NETWORK_TEST_LOG set.
  const log = process.env["NETWORK_TEST_LOG"];
  child.stdout?.resume();
  child.stderr?.on("data", (text: Buffer) => log !== undefined && process.stderr.write(`${name} ${text}`));
  state.agents.set(name, child);
}

async function kill(name: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  const child = state.agents.get(name);
  if (child === undefined) throw new Error(`no agent ${name}`);
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill(signal);
  await ended;
}

/** As when a container dies with all of its processes. */
async function killWireguard(side: two.Side): Promise<void> {
  const tools = systemTools();
  const pids = await tools.run(ctx, ["ip", "netns", "pids", net().netns(side, "gw")]);
  for (const pid of pids.trim().split("\n")) {
    const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
    if (name.trim() === "wireguard-go") await tools.run(ctx, ["kill", "-9", pid]);
  }
}

/** What the pod of the other cluster answers. */
async function say(side: two.Side, protocol: "tcp" | "udp", text: string): Promise<string> {
  const address = remap(two.POD_IPS[other(side)].pod, REMAPPED[side]);
  return until(`${protocol} from ${side}`, async () => {
    const argv = ["timeout", "2", process.execPath, ECHO, protocol, address, PORT, text];
    return net()
      .run(side, "pod", argv)
      .catch(() => undefined);
  });
}

function findConnection(side: two.Side): Promise<Connection | undefined> {
  const { namespace, peer } = viewOf(side, "");
  return cluster(side).client.find(ctx, connections, { namespace, name: `gw-${peer}` });
}

async function until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    const found = await probe();
    if (found !== undefined) return found;
    await sleep(ctx, 100);
  }
  throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
}

function remap(ip: string, cidr: string): string {
  return [...cidr.split(".").slice(0, 2), ...ip.split(".").slice(2)].join(".");
}

function other(side: two.Side): two.Side {
  return side === "a" ? "b" : "a";
}

function net(): two.TwoClusters {
  if (state.net === undefined) throw new Error("no network");
  return state.net;
}

function cluster(side: two.Side): Cluster {
  const found = state[side];
  if (found === undefined) throw new Error(`no cluster ${side}`);
  return found;
}
