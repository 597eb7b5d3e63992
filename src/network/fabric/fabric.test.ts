import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import * as finalizers from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { geneveTunnels, type InternalNode, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { daemonSets, pods } from "#machinery/builtin.ts";
import { type FakeMachine, failed, fakeMachine, passUntil, soon, writeFiles } from "../testing/fake-machine.ts";
import { fakeNft } from "../testing/fake-nft.ts";
import { freePort } from "../testing/free-port.ts";
import { type NetworkApi, type NetworkSession, startNetworkApi } from "../testing/network-api.ts";
import { runFabric } from "./fabric.ts";
import { parseFabricOptions } from "./options.ts";

const SPEC = { containers: [{ name: "c", image: "i" }] };
const SET = { namespace: "default", name: "liqo-fabric" };
const POD = { namespace: "default", name: "fabric-1" };
const TABLE = { namespace: "default", name: "a" };

let api: NetworkApi;
let session: NetworkSession;
let machine: FakeMachine;
let tables: Map<string, string>;
let healthPort: number;

before(async () => {
  api = await startNetworkApi();
  const { ctx } = api.open();
  const spec = { interface: { gateway: { name: "liqo.gw" }, node: { ip: "10.80.0.1" } } };
  await api.client.create(ctx, internalNodes, { metadata: { name: "node-1" }, spec });
});
after(() => api[Symbol.asyncDispose]());

describe("the fabric", () => {
  beforeEach(async () => {
    session = api.open();
    const { ctx } = session;
    machine = fakeMachine({
      "ip -4 -json route get 10.244.0.5": '[{"dst":"10.244.0.5","prefsrc":"10.244.0.1"}]',
      "ip -4 -json route get 10.244.1.6": '[{"dst":"10.244.1.6","prefsrc":"192.0.2.1"}]',
    });
    tables = fakeNft(machine);
    writeFiles(machine.sysctls, { "ipv4/ip_forward": "0\n" });
    const own = { app: "fabric" };
    const set = await api.client.create(ctx, daemonSets, {
      metadata: SET,
      spec: { selector: { matchLabels: own }, template: { metadata: { labels: own }, spec: SPEC } },
    });
    const owner = {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      name: SET.name,
      uid: set.metadata?.uid ?? "",
      controller: true,
    };
    await api.client.create(ctx, pods, { metadata: { ...POD, ownerReferences: [owner] }, spec: SPEC });
    await api.client.create(ctx, firewallConfigurations, {
      metadata: { ...TABLE, labels: { [labels.FIREWALL_CATEGORY]: "fabric" } },
      spec: { table: { name: "a", family: "IPV4", chains: [] } },
    });
    await api.client.create(ctx, routeConfigurations, {
      metadata: { ...TABLE, labels: { [labels.ROUTE_CATEGORY]: "fabric" } },
      spec: { table: { name: "a", rules: [{ dst: "10.1.0.0/16", routes: [] }] } },
    });
  });

  afterEach(async () => {
    await session[Symbol.asyncDispose]();
    machine[Symbol.dispose]();
    const { ctx } = api.open();
    await api.client.deleteIfPresent(ctx, pods, POD);
    await api.client.deleteIfPresent(ctx, daemonSets, SET);
    for (const resource of [firewallConfigurations, routeConfigurations] as const) {
      await api.client
        .patch(ctx, resource as typeof routeConfigurations, TABLE, "merge", { metadata: { finalizers: null } })
        .catch(() => undefined);
      await api.client.deleteIfPresent(ctx, resource as typeof routeConfigurations, TABLE);
    }
  });

  /** Runs until its agents have applied what is there. */
  async function start(...flags: readonly string[]): Promise<void> {
    healthPort = await freePort();
    const args = [
      "--nodename=node-1",
      "--podname=fabric-1",
      "--overlay=vxlan",
      `--health-probe-bind-address=:${healthPort}`,
    ];
    session.run((ctx) => runFabric(ctx, api.client, parseFabricOptions([...args, ...flags]), machine));
    await passUntil(machine.clock, async () => {
      const { status } = await api.client.get(session.ctx, routeConfigurations, TABLE);
      return status?.conditions?.[0]?.status === "True" && tables.has("ip a");
    });
  }

  const ready = async (): Promise<number> => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status;
  const removals = (): string[] => machine.takeLines().filter((line) => / del /.test(line));

  test("a node forwards, has its tables and rules, and is ready", async () => {
    await start();
    assert.equal(readFileSync(join(machine.sysctls, "ipv4/ip_forward"), "utf8"), "1");
    await passUntil(machine.clock, async () => (await ready()) === 200);
    const { metadata, status } = await api.client.get(session.ctx, routeConfigurations, TABLE);
    assert.deepEqual(metadata?.finalizers, [finalizers.ROUTE_CONFIGURATION]);
    assert.equal(status?.conditions?.[0]?.host, "fabric-1");
  });

  test("links and routes are followed unless that is not wanted", async () => {
    await start();
    assert.equal((await machine.started(0)).command, "ip -4 -oneline monitor link route rule");
    await session[Symbol.asyncDispose]();
    session = api.open();
    machine.processes.splice(0);
    await start("--enable-route-monitor=false");
    assert.deepEqual(machine.processes, []);
  });

  test("gateways are told from where this node's packets come, of those here and of those elsewhere", async () => {
    const { ctx } = session;
    for (const [namespace, gatewayIP, nodeName] of [
      ["liqo-tenant-rome", "10.244.0.5", "node-1"],
      ["default", "10.244.1.6", "node-2"],
    ] as const) {
      const interfaces = { node: { name: "liqo.x" }, gateway: { ip: "10.80.0.2" } };
      const metadata = {
        namespace,
        name: "gw",
        labels: { [labels.NETWORKING_COMPONENT]: "gateway", [labels.GATEWAY_NAME]: "f" },
      };
      await api.client.create(ctx, internalFabrics, {
        metadata: { namespace, name: "f" },
        spec: { gatewayIP, interface: interfaces, remoteCIDRs: [] },
      });
      const pod = await api.client.create(ctx, pods, { metadata, spec: { ...SPEC, nodeName } });
      await api.client.updateStatus(ctx, pods, { ...pod, status: { phase: "Running", podIP: gatewayIP } });
    }
    await start();
    const read = (): Promise<InternalNode> => api.client.get(session.ctx, internalNodes, { name: "node-1" });
    await passUntil(machine.clock, async () => (await read()).status?.nodeIP?.remote !== undefined);
    const both = { local: "10.244.0.1", remote: "192.0.2.1" };
    assert.deepEqual((await read()).status?.nodeIP, both);
    // A host without a route there says nothing of an address.
    machine.answers["ip -4 -json route get"] = "[{}]";
    for (const ip of ["10.244.0.5", "10.244.1.6"]) delete machine.answers[`ip -4 -json route get ${ip}`];
    const later = machine.clock.nowMs() + 61_000;
    const { metadata: written } = await read();
    await passUntil(machine.clock, () => machine.clock.nowMs() > later);
    const { metadata: kept, status } = await read();
    assert.deepEqual([status?.nodeIP, kept?.resourceVersion], [both, written?.resourceVersion]);
    for (const namespace of ["liqo-tenant-rome", "default"]) {
      await api.client.delete(ctx, pods, { namespace, name: "gw" });
      await api.client.delete(ctx, internalFabrics, { namespace, name: "f" });
    }
    assert.deepEqual((await read()).status?.nodeIP, both);
  });

  test("routes are looked at as soon as a link was made: those over it are gone", async () => {
    await start();
    const { ctx } = session;
    const metadata = { namespace: "default", name: "link" };
    const isRead = ({ command }: { command: string }): boolean => command.startsWith("ip -4 -N -json route show");
    // Nothing else happens any more.
    await soon(machine.clock, () => (machine.clock.nextMs() ?? 0) > 100);
    const interfaces = { node: { name: "liqo.x" }, gateway: { ip: "10.80.0.2" } };
    await api.client.create(ctx, internalFabrics, {
      metadata,
      spec: { gatewayIP: "10.244.0.5", interface: interfaces, remoteCIDRs: [] },
    });
    machine.calls.splice(0);
    await api.client.create(ctx, geneveTunnels, {
      metadata,
      spec: { id: 7, internalFabricRef: metadata, internalNodeRef: { name: "node-1" } },
    });
    await soon(machine.clock, () => machine.calls.some(({ input }) => input.includes("link add name liqo.x")));
    await soon(machine.clock, () => machine.calls.some(isRead));
    await api.client.delete(ctx, geneveTunnels, metadata);
    await api.client.delete(ctx, internalFabrics, metadata);
  });

  test("the end of the pod leaves the data plane in place", async () => {
    await start();
    machine.takeLines();
    await session[Symbol.asyncDispose]();
    assert.ok(tables.has("ip a"));
    assert.deepEqual(removals(), []);
  });

  test("the end of Liqo removes links, routes and tables, and the guards with them", async () => {
    await start();
    await api.client.delete(session.ctx, daemonSets, SET);
    machine.takeLines();
    machine.answers["ip -4 -json -details address show"] = '[{"ifname":"liqo.x"},{"ifname":"eth0"}]';
    machine.answers["ip -4 -N -json route show"] =
      '[{"dst":"10.9.0.0/16","dev":"eth0","table":"4000","protocol":"144"}]';
    await session[Symbol.asyncDispose]();
    session = api.open();
    assert.deepEqual([...tables.keys()], []);
    assert.deepEqual(removals(), ["route del 10.9.0.0/16 table 4000 proto 144", "link del dev liqo.x"]);
    for (const resource of [routeConfigurations, firewallConfigurations] as const) {
      const { metadata, status } = await api.client.get(session.ctx, resource as typeof routeConfigurations, TABLE);
      assert.deepEqual([metadata?.finalizers, status?.conditions], [undefined, []]);
    }
  });

  test("the guard stays while another node holds state", async () => {
    await start();
    const other = { ...POD, name: "fabric-2" };
    await api.client.create(session.ctx, pods, { metadata: other, spec: SPEC });
    const seen = await api.client.get(session.ctx, routeConfigurations, TABLE);
    const condition = { host: "fabric-2", type: "Applied", status: "True", lastTransitionTime: "2030-01-01T00:00:00Z" };
    await api.client.updateStatus(session.ctx, routeConfigurations, {
      ...seen,
      status: { conditions: [...(seen.status?.conditions ?? []), condition] },
    } as typeof seen);
    await api.client.delete(session.ctx, daemonSets, SET);
    await session[Symbol.asyncDispose]();
    session = api.open();
    const { metadata, status } = await api.client.get(session.ctx, routeConfigurations, TABLE);
    assert.deepEqual(metadata?.finalizers, [finalizers.ROUTE_CONFIGURATION]);
    assert.deepEqual(
      status?.conditions?.map(({ host }) => host),
      ["fabric-2"],
    );
    await api.client.delete(session.ctx, pods, other);
  });

  test("what cannot be removed at the end is left, and the process ends all the same", async () => {
    await start();
    await api.client.delete(session.ctx, daemonSets, SET);
    machine.answers["nft list tables"] = failed("netlink: Error");
    await session[Symbol.asyncDispose]();
    session = api.open();
    const { metadata } = await api.client.get(session.ctx, routeConfigurations, TABLE);
    assert.deepEqual(metadata?.finalizers, [finalizers.ROUTE_CONFIGURATION]);
  });
});
