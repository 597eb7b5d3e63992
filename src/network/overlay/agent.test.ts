import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { geneveTunnels, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import { BATCH, type FakeMachine, failed, fakeMachine, passUntil, soon } from "../testing/fake-machine.ts";
import { type NetworkApi, type NetworkSession, startNetworkApi } from "../testing/network-api.ts";
import { overlayAgent } from "./agent.ts";
import { nodeLinks, type OverlayKind } from "./plan.ts";

const NAMESPACE = "liqo-tenant-rome";
const PROBE = "ip link add name liqo-probe";

let api: NetworkApi;
let session: NetworkSession;
let machine: FakeMachine;
let changes: number;

before(async () => {
  api = await startNetworkApi();
  const { ctx } = api.open();
  const { client } = api;
  for (const namespace of [NAMESPACE, "default"]) {
    const interfaces = { node: { name: `liqo.${namespace.slice(0, 7)}` }, gateway: { ip: "10.80.0.2" } };
    await client.create(ctx, internalFabrics, {
      metadata: { namespace, name: "rome" },
      spec: { gatewayIP: "10.244.0.5", interface: interfaces, remoteCIDRs: [] },
    });
    await client.create(ctx, geneveTunnels, {
      metadata: { namespace, name: "t" },
      spec: { id: 7, internalFabricRef: { name: "rome", namespace }, internalNodeRef: { name: "node-1" } },
    });
  }
  const spec = { interface: { gateway: { name: "liqo.gw" }, node: { ip: "10.80.0.1" } } };
  await client.create(ctx, internalNodes, { metadata: { name: "node-1" }, spec });
});
after(() => api[Symbol.asyncDispose]());
describe("the overlay agent", () => {
  beforeEach(() => {
    session = api.open();
    machine = fakeMachine();
    changes = 0;
  });
  afterEach(async () => {
    await session[Symbol.asyncDispose]();
    machine[Symbol.dispose]();
  });

  function start(own: { kind?: OverlayKind; namespace?: string } = {}): void {
    const agent = overlayAgent({
      informers: session.informers,
      machine,
      kind: own.kind,
      ...(own.namespace !== undefined && { namespace: own.namespace }),
      port: 6_091,
      hasArp: true,
      links: (objects) => nodeLinks("node-1", objects),
      changed: () => {
        changes++;
      },
    });
    session.run((ctx) => agent.run(ctx));
  }

  const made = (): string[] =>
    machine.calls
      .filter(({ command }) => command === BATCH)
      .flatMap(({ input }) =>
        [...input.matchAll(/^link add name (\S+) .* type (\S+)/gm)].map(([, name, kind]) => `${name} ${kind}`),
      );

  const link = (name: string, data: object = {}): object => ({
    ...{
      ifname: name,
      mtu: 1_340,
      address: "02:4c:0a:50:00:01",
      flags: ["UP"],
      addr_info: [{ local: "10.80.0.1", prefixlen: 32 }],
    },
    linkinfo: { info_kind: "vxlan", info_data: { id: 7, remote: "10.244.0.5", port: 6_091, ...data } },
  });

  test("links are made when all three kinds are known, and that is told", async () => {
    start({ kind: "vxlan" });
    await passUntil(machine.clock, () => changes > 0);
    assert.deepEqual(made().slice(0, 2).sort(), ["liqo.default vxlan", "liqo.liqo-te vxlan"]);
    const first = machine.calls.find(({ command }) => command === BATCH);
    assert.ok(!first?.input.includes("link del"), "nothing is stale before everything is known");
    assert.ok(!machine.calls.some(({ command }) => command.startsWith(PROBE)));
  });

  test("a gateway has the links of its own namespace", async () => {
    start({ kind: "geneve", namespace: NAMESPACE });
    await passUntil(machine.clock, () => changes > 0);
    assert.deepEqual(made().slice(0, 1), ["liqo.liqo-te geneve"]);
    assert.ok(!made().includes("liqo.default geneve"));
  });

  test("the kernel is asked once which kind it has", async () => {
    machine.answers[PROBE] = failed("Unknown device type");
    start();
    await passUntil(machine.clock, () => changes > 2);
    assert.ok(made().every((link) => link.endsWith("vxlan")));
    assert.equal(machine.calls.filter(({ command }) => command.startsWith(PROBE)).length, 1);
  });

  test("what is as it should be is no change, and a change of the objects is seen", async () => {
    const show = "ip -4 -json -details address show";
    machine.answers[show] = JSON.stringify([link("liqo.default"), link("liqo.liqo-te")]);
    start({ kind: "vxlan" });
    await passUntil(machine.clock, () => machine.calls.some(({ command }) => command === show));
    await passUntil(machine.clock, () => machine.clock.nowMs() > 60_000);
    assert.deepEqual([changes, made()], [0, []]);
    const key = { namespace: "default", name: "rome" };
    await api.client.patch(session.ctx, internalFabrics, key, "merge", { spec: { gatewayIP: "10.244.0.6" } });
    await soon(machine.clock, () => changes > 0);
    const lines = machine.takeLines();
    assert.ok(lines.includes("link set dev liqo.default type vxlan id 7 remote 10.244.0.6"), lines.join("\n"));
    assert.deepEqual(made(), [], "routes over a link that is made anew are gone");
  });

  test("where the kernel cannot change a link, it is made anew", async () => {
    machine.answers[BATCH] = (_, input) =>
      input.startsWith("link set dev liqo.default type") ? failed("Not supported\nCommand failed -:1\n") : "";
    machine.answers["ip -4 -json -details address show"] = JSON.stringify([
      link("liqo.default", { id: 7, remote: "10.244.0.9" }),
      link("liqo.liqo-te"),
    ]);
    start({ kind: "vxlan" });
    await passUntil(machine.clock, () => changes > 0);
    assert.deepEqual(made().slice(0, 1), ["liqo.default vxlan"]);
    assert.ok(machine.takeLines().includes("link del dev liqo.default"));
  });
});
