import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { HEALTH_ADDRESS } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { connections } from "#api/networking/connection.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { geneveTunnels, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { withCancel } from "#base/context.ts";
import { leases } from "#machinery/builtin.ts";
import { BATCH, type FakeMachine, failed, fakeMachine, passUntil, soon, writeFiles } from "../testing/fake-machine.ts";
import { fakeNft } from "../testing/fake-nft.ts";
import { freePort } from "../testing/free-port.ts";
import { type NetworkApi, type NetworkSession, startNetworkApi } from "../testing/network-api.ts";
import { runGateway } from "./gateway.ts";
import { type GatewayOptions, parseGatewayOptions } from "./options.ts";

const NAMESPACE = "liqo-tenant-rome";
const PEER_KEY = `${"B".repeat(43)}=`;
const OWN_KEY = Buffer.alloc(32, 1);
const SETTINGS = [
  "ip_forward",
  "ip_no_pmtu_disc",
  "fwmark_reflect",
  "conf/all/accept_local",
  "conf/all/rp_filter",
  "fib_multipath_hash_policy",
];

let api: NetworkApi;
let session: NetworkSession;
let machine: FakeMachine;
let tables: Map<string, string>;
let configs: string[];
/** Public keys of those that the tunnel knows. */
let peers: string[];
let ports: { readonly health: number; readonly metrics: number };

before(async () => {
  api = await startNetworkApi();
  const { ctx } = api.open();
  const { client } = api;
  const metadata = { namespace: NAMESPACE, name: "rome" };
  await client.create(ctx, publicKeys, {
    metadata: { ...metadata, labels: { [labels.REMOTE_CLUSTER_ID]: "rome", [labels.GATEWAY_RESOURCE]: "true" } },
    spec: { publicKey: PEER_KEY },
  });
  await client.create(ctx, publicKeys, {
    metadata: {
      ...metadata,
      name: "oslo",
      labels: { [labels.REMOTE_CLUSTER_ID]: "oslo", [labels.GATEWAY_RESOURCE]: "true" },
    },
    spec: { publicKey: `${"C".repeat(43)}=` },
  });
  const own = { [labels.REMOTE_CLUSTER_ID]: "rome", [labels.GATEWAY_RESOURCE]: "true" };
  const former = { ...metadata, name: "former" };
  await client.create(ctx, publicKeys, {
    metadata: { ...former, labels: own, finalizers: ["example.org/wait"] },
    spec: { publicKey: `${"A".repeat(43)}=` },
  });
  await client.delete(ctx, publicKeys, former);
  await client.create(ctx, routeConfigurations, {
    metadata: { ...metadata, labels: { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_UNIQUE]: "rome" } },
    spec: {
      table: { name: "rome", rules: [{ dst: "10.1.0.0/16", routes: [{ dst: "10.1.0.0/16", gw: "169.254.18.2" }] }] },
    },
  });
  await client.create(ctx, internalFabrics, {
    metadata,
    spec: {
      gatewayIP: "10.244.0.5",
      interface: { node: { name: "liqo.x" }, gateway: { ip: "10.80.0.2" } },
      remoteCIDRs: [],
    },
  });
  await client.create(ctx, geneveTunnels, {
    metadata,
    spec: { id: 7, internalFabricRef: metadata, internalNodeRef: { name: "node-1" } },
  });
  const node = await client.create(ctx, internalNodes, {
    metadata: { name: "node-1" },
    spec: { interface: { gateway: { name: "liqo.gw" }, node: { ip: "10.80.0.1" } } },
  });
  await client.updateStatus(ctx, internalNodes, {
    ...node,
    status: { nodeIP: { local: "192.0.2.1", remote: "198.51.100.1" } },
  });
});
after(() => api[Symbol.asyncDispose]());

describe("the gateway", () => {
  beforeEach(async () => {
    session = api.open();
    [configs, peers] = [[], []];
    let hasTunnel = false;
    machine = fakeMachine({
      "ip -4 -json rule show": '[{"priority":0},{"priority":32766}]',
      "ip -json link show": () => (hasTunnel ? '[{"ifname":"liqo-tunnel"}]' : "[]"),
      "ip link show dev liqo-tunnel": () => (hasTunnel ? "7: liqo-tunnel" : failed("does not exist")),
      "ip link add name liqo-tunnel type wireguard": () => {
        hasTunnel = true;
        return "";
      },
      "wg syncconf": (command) => {
        configs.push(readFileSync(command.split(" ").at(-1) ?? "", "utf8"));
        const [, peer] = /PublicKey = (.*)/.exec(configs.at(-1) ?? "") ?? [];
        peers = peer === undefined ? [] : [peer];
        return "";
      },
      "wg set liqo-tunnel": (command) => {
        const [key = "", action] = command.split(" peer ")[1]?.split(" ") ?? [];
        peers = [...peers.filter((each) => each !== key), ...(action === "remove" ? [] : [key])];
        return "";
      },
      "wg show liqo-tunnel dump": () =>
        [
          `${configs.length === 0 ? "(none)" : OWN_KEY.toString("base64")}\tpublic\t51840\toff`,
          ...peers.map((key) => `${key}\t(none)\t1.2.3.4:5\t0.0.0.0/0\t1\t10\t20\toff`),
        ].join("\n"),
    });
    tables = fakeNft(machine);
    writeFiles(machine.sysctls, Object.fromEntries(SETTINGS.map((name) => [`ipv4/${name}`, "0\n"])));
    writeFiles(machine.devices, { privateKey: OWN_KEY, publicKey: OWN_KEY });
    ports = { health: await freePort(), metrics: await freePort() };
  });
  /** A gateway that has the Lease waits for the next one. */
  async function end(): Promise<void> {
    let isOver = false;
    const over = Promise.resolve(session[Symbol.asyncDispose]()).finally(() => {
      isOver = true;
    });
    await passUntil(machine.clock, () => isOver);
    await over;
  }

  afterEach(async () => {
    await end();
    machine[Symbol.dispose]();
    const { ctx } = api.open();
    await api.client.deleteIfPresent(ctx, connections, { namespace: NAMESPACE, name: "gw-rome" });
  });

  function options(...flags: readonly string[]): GatewayOptions {
    return parseGatewayOptions([
      ...[
        "--name=rome",
        `--namespace=${NAMESPACE}`,
        "--remote-cluster-id=rome",
        "--node-name=node-1",
        "--pod-name=gw-1",
      ],
      ...["--gateway-uid=u1", "--mode=server", "--overlay=vxlan", "--implementation=kernel", "--ping-enabled=false"],
      ...[`--keys-dir=${machine.devices}`, `--health-probe-bind-address=:${ports.health}`],
      ...[`--metrics-address=:${ports.metrics}`, ...flags],
    ]);
  }

  const run = (...flags: readonly string[]): Promise<void> =>
    runGateway(session.ctx, api.client, options(...flags), machine);

  /** Runs until the session ends. */
  const start = (...flags: readonly string[]): void => session.run(() => run(...flags));
  const setting = (name: string): string => readFileSync(join(machine.sysctls, "ipv4", name), "utf8").trim();
  const lines = (): string[] =>
    machine.calls.filter(({ command }) => command === BATCH).flatMap(({ input }) => input.trim().split("\n"));
  const isReady = async (): Promise<boolean> => {
    const answer = await fetch(`http://127.0.0.1:${ports.health}/readyz`).catch(() => undefined);
    return answer?.status === 200;
  };

  test("a gateway has its tunnel, its links, its routes, and is connected", async () => {
    start();
    const find = () => api.client.find(session.ctx, connections, { namespace: NAMESPACE, name: "gw-rome" });
    await passUntil(machine.clock, async () => (await find())?.status?.value === "Connected");
    await passUntil(machine.clock, () => lines().some((line) => line.includes("10.1.0.0/16 via 169.254.18.2")));
    await passUntil(machine.clock, () => tables.has("ip liqo-refusal"));
    await passUntil(machine.clock, () => peers.includes(PEER_KEY));
    assert.ok(configs[0]?.startsWith(`[Interface]\nPrivateKey = ${OWN_KEY.toString("base64")}\nListenPort = 51840\n`));
    const expected = [
      /^rule add priority 32765 lookup local$/,
      /^addr replace 169\.254\.18\.1\/30 dev liqo-tunnel$/,
      /^link add name liqo\.gw .* type vxlan id 7 remote 192\.0\.2\.1 dstport 6091 /,
      /^rule add from all to 10\.1\.0\.0\/16 priority 20\d /,
      /^route replace default via 169\.254\.18\.2 dev liqo-tunnel table /,
    ];
    await passUntil(machine.clock, () => expected.every((each) => lines().some((line) => each.test(line))));
    assert.deepEqual(SETTINGS.map(setting), ["1", "2", "1", "1", "0", "0"]);
    assert.equal(lines()[0], "rule add priority 32765 lookup local", "before any packet comes");
    const status = await api.client.get(session.ctx, routeConfigurations, { namespace: NAMESPACE, name: "rome" });
    assert.deepEqual(
      status.status?.conditions?.map(({ host }) => host),
      ["rome"],
    );
    assert.equal(status.metadata?.finalizers, undefined);
  });

  test("addresses are translated before the first packet can come through the tunnel", async () => {
    const key = { namespace: NAMESPACE, name: "remap" };
    const own = { [labels.FIREWALL_CATEGORY]: "gateway", [labels.FIREWALL_UNIQUE]: "rome" };
    await api.client.create(session.ctx, firewallConfigurations, {
      metadata: { ...key, labels: own },
      spec: { table: { name: "remap", family: "IPV4", chains: [] } },
    });
    let wasThere: boolean | undefined;
    machine.answers["ip link add name liqo-tunnel type wireguard"] = () => {
      wasThere ??= tables.has("ip remap");
      return "";
    };
    start();
    await passUntil(machine.clock, () => wasThere !== undefined);
    assert.equal(wasThere, true);
    await api.client.delete(session.ctx, firewallConfigurations, key);
  });

  test("it is ready when it knows what there is, and counts what its peer sends", async () => {
    start();
    await passUntil(machine.clock, isReady);
    const read = async (): Promise<string> => (await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).text();
    await passUntil(machine.clock, async () => /liqo_peer_receive_bytes_total\{.*\} 10\n/.test(await read()));
    const text = await read();
    assert.match(text, /liqo_peer_is_connected\{driver="wireguard",cluster_id="rome"\} 1\n/);
    assert.match(text, /liqo_wireguard_implementation\{driver="wireguard",implementation="kernel"\} 1\n/);
  });

  test("what goes through the tunnel is refused as soon as there is one, and a peer's new key is known at once", async () => {
    start();
    await soon(machine.clock, () => tables.has("ip liqo-refusal") && peers.includes(PEER_KEY));
    const key = { namespace: NAMESPACE, name: "rome" };
    const publicKey = `${"D".repeat(43)}=`;
    await api.client.patch(session.ctx, publicKeys, key, "merge", { spec: { publicKey } });
    await soon(machine.clock, () => peers.join() === publicKey);
    await api.client.patch(session.ctx, publicKeys, key, "merge", { spec: { publicKey: PEER_KEY } });
  });

  test("routes are followed, and flows spread, as the flags say", async () => {
    start("--enable-multipath-hash-policy", "--enable-route-monitor=false");
    await passUntil(machine.clock, isReady);
    assert.equal(setting("fib_multipath_hash_policy"), "1");
    assert.deepEqual(machine.processes, []);
    await end();
    session = api.open();
    start();
    await passUntil(machine.clock, isReady);
    const { command } = await machine.started(0);
    assert.equal(command, "ip -4 -oneline monitor link route rule");
  });

  test("a client finds its server, and listens nowhere in particular", async () => {
    start("--mode=client", "--endpoint-address=192.0.2.9", "--endpoint-ports=30571");
    const endpoint = /(Endpoint =|endpoint) 192\.0\.2\.9:30571/;
    const isDialled = (): boolean =>
      [...configs, ...machine.calls.map(({ command }) => command)].some((text) => endpoint.test(text));
    await passUntil(machine.clock, isDialled);
    assert.ok(!configs.at(-1)?.includes("ListenPort"));
    await passUntil(machine.clock, () =>
      lines().some((line) => line === "addr replace 169.254.18.2/30 dev liqo-tunnel"),
    );
  });

  describe("of two replicas", () => {
    const key = { namespace: NAMESPACE, name: `rome.${NAMESPACE}.server.connections.liqo.io` };
    const holder = async (): Promise<string | undefined> =>
      (await api.client.find(session.ctx, leases, key))?.spec?.holderIdentity;
    const setHolder = (holderIdentity: string) =>
      api.client.patch(session.ctx, leases, key, "merge", { spec: { holderIdentity } });
    const speaksToPeer = (): boolean => peers.includes(PEER_KEY);
    const conditions = async (): Promise<unknown> =>
      (await api.client.get(session.ctx, routeConfigurations, { namespace: NAMESPACE, name: "rome" })).status
        ?.conditions;

    test("one is in charge, and tells where it can be asked whether it lives", async () => {
      start("--leader-election", "--pod-ip=10.244.0.5");
      await passUntil(machine.clock, speaksToPeer);
      const { spec, metadata } = await api.client.get(session.ctx, leases, key);
      assert.deepEqual([spec?.holderIdentity, spec?.leaseDurationSeconds], ["gw-1", 15]);
      assert.deepEqual(metadata?.labels, {
        [labels.NETWORKING_COMPONENT]: "gateway",
        [labels.GATEWAY_NAME]: "rome",
      });
      assert.equal(metadata?.annotations?.[HEALTH_ADDRESS], `10.244.0.5:${ports.health}`);
    });

    test("the other has everything but the peer, writes nothing, and takes over when the Lease has lasted", async () => {
      await setHolder("gw-2");
      const routes = await api.client.get(session.ctx, routeConfigurations, { namespace: NAMESPACE, name: "rome" });
      await api.client.updateStatus(session.ctx, routeConfigurations, { ...routes, status: { conditions: [] } });
      start("--leader-election");
      await passUntil(machine.clock, isReady);
      const before = machine.clock.nowMs();
      assert.ok(lines().some((line) => line.startsWith("link add name liqo.gw")));
      assert.ok(lines().some((line) => line.includes("10.1.0.0/16 via 169.254.18.2")));
      await passUntil(machine.clock, () => machine.clock.nowMs() - before > 8_000);
      assert.deepEqual([await holder(), speaksToPeer(), await conditions()], ["gw-2", false, []]);
      assert.equal(
        await api.client.find(session.ctx, connections, { namespace: NAMESPACE, name: "gw-rome" }),
        undefined,
      );
      await passUntil(machine.clock, speaksToPeer);
      assert.equal(await holder(), "gw-1");
      await passUntil(machine.clock, async () => ((await conditions()) as unknown[]).length === 1);
    });

    test("a Lease that is given up is taken at once, one that is lost leaves the peer to the other", async () => {
      await setHolder("gw-2");
      start("--leader-election");
      await passUntil(machine.clock, isReady);
      const before = machine.clock.nowMs();
      await setHolder("");
      await soon(machine.clock, speaksToPeer);
      assert.ok(machine.clock.nowMs() - before < 1_000);
      await setHolder("gw-2");
      await soon(machine.clock, () => !speaksToPeer());
      assert.equal(await holder(), "gw-2");
    });

    test("one that ends gives its Lease up first, and carries packets until nodes look elsewhere", async () => {
      const { ctx, cancel } = withCancel(session.ctx);
      await setHolder("");
      const ended = runGateway(ctx, api.client, options("--leader-election"), machine);
      await passUntil(machine.clock, speaksToPeer);
      const tunnels = machine.calls.length;
      cancel();
      await passUntil(machine.clock, async () => (await holder()) === "");
      await setHolder("gw-2");
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      assert.ok(speaksToPeer() && !isOver && machine.calls.length >= tunnels);
      const fabric = { namespace: NAMESPACE, name: "rome" };
      await api.client.patch(api.open().ctx, internalFabrics, fabric, "merge", { spec: { gatewayIP: "10.244.0.6" } });
      await passUntil(machine.clock, () => isOver);
      assert.equal(await holder(), "gw-2");
    });
  });

  test("a gateway without keys does not start", async () => {
    writeFiles(machine.devices, { privateKey: Buffer.alloc(31) });
    await assert.rejects(run(), /privateKey: 31 bytes, a key has 32/);
  });

  test("a gateway that may not move the local table's rule does not start", async () => {
    machine.answers[BATCH] = failed("Operation not permitted\nCommand failed -:1\n");
    await assert.rejects(run(), /move the rule of the local table/);
  });
});
