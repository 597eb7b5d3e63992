import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import * as finalizers from "#api/finalizers.ts";
import * as labels from "#api/labels.ts";
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { type RouteConfiguration, routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { EventRecorder } from "#kube/events/recorder.ts";
import { coreEvents } from "#machinery/builtin.ts";
import { timestamp } from "#machinery/conditions.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { BATCH, type FakeMachine, failed, fakeMachine, passUntil, soon } from "../testing/fake-machine.ts";
import { fakeNft } from "../testing/fake-nft.ts";
import { type NetworkApi, type NetworkSession, startNetworkApi } from "../testing/network-api.ts";
import { type AgentsOptions, configurationAgents } from "./agents.ts";

const DAY_MS = 86_400_000;
const KEY = { namespace: "default", name: "a" };
const FABRIC = { [labels.ROUTE_CATEGORY]: "fabric" };
const CHAIN = { name: "c", hook: "forward", policy: "accept", priority: 0, type: "filter", rules: {} } as const;
const NOT_THERE = failed('Cannot find device "liqo.a"\nCommand failed -:1\n');

let epochMs = Date.UTC(2030, 0, 1);
let api: NetworkApi;
let session: NetworkSession;
let machine: FakeMachine;
let tables: Map<string, string>;

before(async () => {
  api = await startNetworkApi();
});
after(() => api[Symbol.asyncDispose]());
describe("agents of configurations", () => {
  beforeEach(() => {
    session = api.open();
    // Events are named by the time: each test has its own day.
    epochMs += DAY_MS;
    machine = fakeMachine({}, steppedClock(epochMs));
    tables = fakeNft(machine);
  });
  afterEach(async () => {
    await session[Symbol.asyncDispose]();
    machine[Symbol.dispose]();
    const { ctx } = api.open();
    for (const resource of [routeConfigurations, firewallConfigurations] as readonly Resource<KubeObject>[])
      for (const { metadata } of (await api.client.list(ctx, resource)).items) {
        const key = { namespace: metadata?.namespace ?? "", name: metadata?.name ?? "" };
        await api.client.patch(ctx, resource, key, "merge", { metadata: { finalizers: null } });
        await api.client.deleteIfPresent(ctx, resource, key);
      }
  });

  /** Both agents of a node, after their first pass over all that is there. */
  async function start(own: Partial<AgentsOptions> = {}): Promise<void> {
    const agents = configurationAgents({
      client: api.client,
      informers: session.informers,
      events: new EventRecorder(api.client, { component: "liqo-fabric", host: "node-1" }, machine.clock),
      machine,
      place: { category: "fabric", nodeName: "node-1" },
      host: "fabric-1",
      restoresDrift: true,
      isLive: async () => false,
      ...own,
    });
    assert.equal(agents.isSynced(), false);
    session.run((ctx) => agents.routes.run(ctx));
    session.run((ctx) => agents.firewall.run(ctx));
    await passUntil(machine.clock, () => agents.isSynced());
  }

  const route = (name: string, own: { labels?: Record<string, string>; dst?: string } = {}): RouteConfiguration => ({
    metadata: { namespace: "default", name, labels: own.labels ?? FABRIC },
    spec: { table: { name, rules: [{ dst: own.dst ?? "10.1.0.0/16", routes: [] }] } },
  });

  const read = (): Promise<RouteConfiguration | undefined> => api.client.find(session.ctx, routeConfigurations, KEY);
  const conditions = async () => (await read())?.status?.conditions ?? [];
  const isApplied = (status: string) => async (): Promise<boolean> => (await conditions())[0]?.status === status;
  const lines = (): string[] =>
    machine.calls.filter(({ command }) => command === BATCH).flatMap(({ input }) => input.trim().split("\n"));

  async function events(): Promise<string[]> {
    const { items } = await api.client.list(session.ctx, coreEvents, { namespace: "default" });
    return items.map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  }

  test("what concerns this node is guarded, applied, and said to be so once", async () => {
    await api.client.create(session.ctx, routeConfigurations, route("a"));
    await start();
    await passUntil(machine.clock, isApplied("True"));
    const { metadata, status } = (await read()) ?? {};
    assert.deepEqual(metadata?.finalizers, [finalizers.ROUTE_CONFIGURATION]);
    const [condition] = status?.conditions ?? [];
    assert.deepEqual([condition?.host, condition?.type], ["fabric-1", "Applied"]);
    assert.match(lines()[0] ?? "", /^rule add from all to 10\.1\.0\.0\/16/);
    await passUntil(machine.clock, async () =>
      (await events()).includes("Normal RouteConfigurationUpdate: applied on fabric-1"),
    );
    assert.ok(Date.parse(condition?.lastTransitionTime ?? "") <= Date.parse(timestamp(machine.clock.epochMs())));
    const later = machine.clock.nowMs() + 30_000;
    await passUntil(machine.clock, () => machine.clock.nowMs() > later);
    assert.equal((await read())?.metadata?.resourceVersion, metadata?.resourceVersion);
    const { items } = await api.client.list(session.ctx, coreEvents, { namespace: "default" });
    assert.deepEqual(
      items.filter(({ involvedObject }) => involvedObject.uid === metadata?.uid).map(({ count }) => count),
      [1],
    );
  });

  test("a table of a FirewallConfiguration is written, and follows its object", async () => {
    const metadata = { namespace: "default", name: "a", labels: { [labels.FIREWALL_CATEGORY]: "fabric" } };
    const spec: FirewallConfiguration["spec"] = { table: { name: "a", family: "IPV4", chains: [CHAIN] } };
    await api.client.create(session.ctx, firewallConfigurations, { metadata, spec });
    tables.set("ip a", '\tcomment "liqo.io"\n');
    await start();
    await passUntil(machine.clock, () => tables.get("ip a")?.includes("chain") === true);
    assert.ok(
      !machine.calls.some(({ command }) => command.startsWith("nft delete")),
      "before it is known what is stale",
    );
    await api.client.patch(session.ctx, firewallConfigurations, KEY, "merge", { spec: { table: { name: "b" } } });
    await soon(machine.clock, () => tables.has("ip b") && !tables.has("ip a"));
    const guarded = await api.client.get(session.ctx, firewallConfigurations, KEY);
    assert.deepEqual(guarded.metadata?.finalizers, [finalizers.FIREWALL_CONFIGURATION]);
  });

  test("what concerns others is left alone", async () => {
    const elsewhere = { ...FABRIC, [labels.ROUTE_SUBCATEGORY]: "single-node", [labels.ROUTE_UNIQUE]: "node-2" };
    await api.client.create(session.ctx, routeConfigurations, route("a", { labels: elsewhere }));
    await api.client.create(session.ctx, routeConfigurations, route("b", { dst: "10.2.0.0/16" }));
    await start();
    await passUntil(machine.clock, () => lines().some((line) => line.includes("10.2.0.0/16")));
    assert.ok(!lines().some((line) => line.includes("10.1.0.0/16")));
    assert.deepEqual((await read())?.metadata?.finalizers, undefined);
  });

  test("what becomes another node's by its labels is removed here", async () => {
    await api.client.create(session.ctx, routeConfigurations, route("a"));
    await start();
    await passUntil(machine.clock, isApplied("True"));
    machine.answers["ip -4 -N -json rule show"] =
      '[{"priority":5,"src":"all","dst":"10.1.0.0","dstlen":16,"table":"9","protocol":"144"}]';
    const moved = { [labels.ROUTE_SUBCATEGORY]: "single-node", [labels.ROUTE_UNIQUE]: "node-2" };
    await api.client.patch(session.ctx, routeConfigurations, KEY, "merge", { metadata: { labels: moved } });
    await soon(machine.clock, () => lines().some((line) => line.startsWith("rule del")));
  });

  test("what fails is said with why, tried again, and said to be right when it is", async () => {
    machine.answers[BATCH] = NOT_THERE;
    await api.client.create(session.ctx, routeConfigurations, route("a"));
    await start();
    await passUntil(machine.clock, isApplied("False"));
    await passUntil(machine.clock, async () =>
      (await events()).some((event) =>
        /^Warning RouteConfigurationUpdate: not applied on fabric-1: ip rule add .*: Cannot find device/.test(event),
      ),
    );
    delete machine.answers[BATCH];
    await passUntil(machine.clock, isApplied("True"));
    assert.equal((await conditions()).length, 1);
  });

  test("an object that goes loses its state here, then this host's condition, then the guard", async () => {
    await api.client.create(session.ctx, routeConfigurations, route("a"));
    await start();
    await passUntil(machine.clock, isApplied("True"));
    machine.answers["ip -4 -N -json rule show"] =
      '[{"priority":5,"src":"all","dst":"10.1.0.0","dstlen":16,"table":"9","protocol":"144"}]';
    await api.client.delete(session.ctx, routeConfigurations, KEY);
    await passUntil(machine.clock, async () => (await read()) === undefined);
    assert.ok(lines().some((line) => line.startsWith("rule del from all to 10.1.0.0/16")));
  });

  test("an object that goes waits for other hosts that live, until they are dead", async () => {
    const alive = new Set(["fabric-2"]);
    await api.client.create(session.ctx, routeConfigurations, route("a"));
    await start({ isLive: async (host) => alive.has(host) });
    await passUntil(machine.clock, isApplied("True"));
    const made = await read();
    const other = { host: "fabric-2", type: "Applied", status: "True", lastTransitionTime: "2030-01-01T00:00:00Z" };
    await api.client.updateStatus(session.ctx, routeConfigurations, {
      ...made,
      status: { conditions: [...(made?.status?.conditions ?? []), other] },
    } as RouteConfiguration);
    await api.client.delete(session.ctx, routeConfigurations, KEY);
    await passUntil(machine.clock, async () => (await conditions()).every(({ host }) => host === "fabric-2"));
    assert.deepEqual(
      (await conditions()).map(({ host }) => host),
      ["fabric-2"],
    );
    alive.clear();
    await passUntil(machine.clock, async () => (await read()) === undefined);
  });

  test("a gateway guards nothing: its state goes with it", async () => {
    await api.client.create(session.ctx, routeConfigurations, route("a"));
    await start({ isLive: undefined as never, rulePriority: 200 });
    await passUntil(machine.clock, isApplied("True"));
    assert.equal((await read())?.metadata?.finalizers, undefined);
    assert.match(lines()[0] ?? "", /priority 20\d /);
    await api.client.delete(session.ctx, routeConfigurations, KEY);
    await passUntil(machine.clock, async () => (await read()) === undefined);
  });

  test("an object that was made without a guard and goes is not guarded any more", async () => {
    const foreign = { ...route("a"), metadata: { ...route("a").metadata, finalizers: ["example.org/other"] } };
    await api.client.create(session.ctx, routeConfigurations, foreign);
    await api.client.delete(session.ctx, routeConfigurations, KEY);
    await api.client.create(session.ctx, routeConfigurations, route("b", { dst: "10.2.0.0/16" }));
    await start();
    await passUntil(machine.clock, () => lines().some((line) => line.includes("10.2.0.0/16")));
    assert.deepEqual((await read())?.metadata?.finalizers, ["example.org/other"]);
    assert.ok(!lines().some((line) => line.includes("10.1.0.0/16")));
  });
});
