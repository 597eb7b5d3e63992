import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { CARRIER, CARRIERS_TRIED, CONNECTION_PROBLEM } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import { type Connection, connections } from "#api/networking/connection.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { timestamp } from "#machinery/conditions.ts";
import { type NetworkApi, type NetworkSession, startNetworkApi } from "../testing/network-api.ts";
import type { PeerState } from "./checker.ts";
import {
  type ConnectionOptions,
  type ConnectionOwner,
  type ConnectionWriter,
  connectionWriter,
  UNHEARD,
} from "./connection.ts";

const KEY = { namespace: "liqo-tenant-rome", name: "gw-rome" };
const OWNER: ConnectionOwner = {
  name: "rome",
  namespace: KEY.namespace,
  uid: "u1",
  mode: "server",
  remoteClusterId: "rome",
};
const INTERVAL_MS = 10_000;
const connected = (latencyMs: number): PeerState => ({ value: "Connected", latencyMs });

let api: NetworkApi;
let session: NetworkSession;
let clock: SteppedClock;
let implementation: string | undefined;
let problem: string | undefined;
let echo: ReturnType<NonNullable<ConnectionOptions["echo"]>>;
let nodes: readonly string[] | undefined;
/** The one in use, and all that were tried. */
let carriers: string[];

before(async () => {
  api = await startNetworkApi();
});
after(() => api[Symbol.asyncDispose]());
describe("the status of a Connection", () => {
  beforeEach(() => {
    session = api.open();
    clock = steppedClock();
    [implementation, problem, carriers] = [undefined, undefined, []];
    [echo, nodes] = [undefined, undefined];
  });
  afterEach(async () => {
    await session[Symbol.asyncDispose]();
    await api.client.deleteIfPresent(api.open().ctx, connections, KEY);
  });

  /** A writer that has done its first pass. */
  async function start(owner: Partial<ConnectionOwner> = {}): Promise<ConnectionWriter> {
    const options = {
      ...{ intervalMs: INTERVAL_MS, clock },
      ...{ implementation: () => implementation, problem: () => problem },
      ...{ carrier: () => carriers[0], carriersTried: () => carriers[1] },
      ...{ echo: () => echo, nodes: () => nodes },
    };
    const writer = connectionWriter(api.client, { ...OWNER, ...owner }, options);
    session.run((ctx) => writer.run(ctx));
    await pass();
    return writer;
  }

  async function pass(): Promise<void> {
    clock.step(await clock.waiting());
    await clock.waiting();
  }

  const read = (): Promise<Connection> => api.client.get(session.ctx, connections, KEY);

  for (const [mode, kind] of [
    ["server", "Server"],
    ["client", "Client"],
  ] as const)
    test(`a ${mode}'s Connection is its gateway's, and says that it connects`, async () => {
      await start({ mode });
      const { metadata, spec, status } = await read();
      assert.equal(metadata?.labels?.[labels.REMOTE_CLUSTER_ID], "rome");
      const apiVersion = "networking.liqo.io/v1beta1";
      assert.deepEqual(metadata?.ownerReferences, [{ apiVersion, kind: `Gateway${kind}`, name: "rome", uid: "u1" }]);
      assert.deepEqual(spec, {
        type: kind,
        gatewayRef: { apiVersion, kind: `WgGateway${kind}`, name: "rome", namespace: KEY.namespace, uid: "u1" },
      });
      assert.deepEqual(status, {
        interval: "10s",
        value: "Connecting",
        latency: { value: "0s", timestamp: timestamp(clock.epochMs()) },
      });
    });

  test("a change is written at once, with the latency", async () => {
    const writer = await start();
    writer.update(connected(1.5));
    await clock.waiting();
    const latency = { value: "1.5ms", timestamp: timestamp(clock.epochMs()) };
    assert.deepEqual((await read()).status, { interval: "10s", value: "Connected", latency });
    writer.update({ value: "Error" });
    await clock.waiting();
    const { value, latency: shown } = (await read()).status ?? {};
    assert.deepEqual([value, shown?.value], ["Error", "0s"]);
  });

  test("the MTU is written when it is another one, with the time since when", async () => {
    const writer = await start();
    writer.update(connected(1));
    await clock.waiting();
    const since = timestamp(clock.epochMs());
    writer.mtuFound({ value: 1_340, origin: "Configured" });
    await clock.waiting();
    assert.deepEqual((await read()).status?.mtu, { value: 1_340, origin: "Configured", timestamp: since });
    clock.step(2_000);
    const before = (await read()).metadata?.resourceVersion;
    writer.mtuFound({ value: 1_340, origin: "Configured" });
    await clock.waiting();
    assert.equal((await read()).metadata?.resourceVersion, before);
    writer.mtuFound({ value: 1_340, origin: "Measured" });
    await clock.waiting();
    const { mtu, value, latency } = (await read()).status ?? {};
    assert.deepEqual([mtu?.origin, value, latency?.value], ["Measured", "Connected", "1ms"]);
    assert.notEqual(mtu?.timestamp, since);
  });

  test("another latency is written when the one shown is older than the interval", async () => {
    const writer = await start();
    writer.update(connected(1));
    await clock.waiting();
    const { metadata } = await read();
    // The time is shown in whole seconds.
    const almostMs = INTERVAL_MS - (clock.epochMs() % 1_000) - 1;
    clock.step(almostMs);
    writer.update(connected(2));
    assert.equal(await clock.waiting(), INTERVAL_MS - almostMs, "no pass was triggered");
    assert.equal((await read()).metadata?.resourceVersion, metadata?.resourceVersion);
    clock.step(1);
    writer.update(connected(3));
    await clock.waiting();
    assert.equal((await read()).status?.latency?.value, "3ms");
  });

  test("the next gateway leaves what the one before said, until it knows better", async () => {
    const first = await start();
    first.update(connected(1));
    await clock.waiting();
    await session[Symbol.asyncDispose]();
    session = api.open();
    const next = await start();
    assert.equal((await read()).status?.value, "Connected");
    next.update({ value: "Error" });
    await clock.waiting();
    assert.equal((await read()).status?.value, "Error");
  });

  test("what was tried in vain is told as long as there is no answer", async () => {
    const tell = async (): Promise<string | undefined> => (await read()).metadata?.annotations?.[CONNECTION_PROBLEM];
    const writer = await start();
    problem = "no answer at 192.0.2.1:51840/UDP";
    writer.problemFound();
    await pass();
    assert.equal(await tell(), problem);
    writer.update(connected(1));
    await pass();
    assert.equal(await tell(), undefined);
    writer.problemFound();
    await pass();
    assert.equal(await tell(), undefined);
  });

  test("what carries a tunnel that is there is told, and all that was tried", async () => {
    const tell = async () => {
      const { [CARRIER]: carrier, [CARRIERS_TRIED]: tried } = (await read()).metadata?.annotations ?? {};
      return [carrier, tried];
    };
    const writer = await start();
    carriers = ["UDP 192.0.2.1:51840", "UDP 192.0.2.1:51840: no handshake"];
    writer.carrierChanged();
    await pass();
    assert.deepEqual(await tell(), [undefined, carriers[1]]);
    writer.update(connected(1));
    carriers = ["TCP 192.0.2.1:443", "UDP 192.0.2.1:51840: no handshake, TCP 192.0.2.1:443: connected"];
    await pass();
    assert.deepEqual(await tell(), carriers);
    carriers = [];
    writer.carrierChanged();
    await pass();
    assert.deepEqual(await tell(), [undefined, undefined]);
  });

  for (const value of ["Connecting", "Error"] as const)
    test(`${value}, as long as it stays, is told again at each interval, so that it can be told from silence`, async () => {
      const writer = await start();
      writer.update({ value });
      await clock.waiting();
      await pass();
      const { value: told, latency } = (await read()).status ?? {};
      assert.deepEqual([told, latency?.timestamp], [value, timestamp(clock.epochMs())]);
    });

  test("where the peer answers echoes is told, and stays until the next gateway has heard of it", async () => {
    const writer = await start();
    echo = { address: "10.245.0.3", port: 12_345 };
    writer.echoChanged();
    await clock.waiting();
    assert.deepEqual((await read()).status?.echo, echo);
    echo = UNHEARD;
    await pass();
    assert.equal((await read()).status?.echo?.address, "10.245.0.3");
    echo = undefined;
    writer.echoChanged();
    await clock.waiting();
    assert.equal((await read()).status?.echo, undefined);
  });

  test("what nodes tell is left as it is, and goes with its node", async () => {
    const writer = await start();
    const path = { bytes: 1_340, full: "Passed", small: "Passed", interval: "10s", lastProbe: "2030-01-01T00:00:00Z" };
    const tell = (node: string) =>
      api.client.apply(
        session.ctx,
        connections,
        { metadata: KEY, status: { paths: [{ ...path, node }] } } as Connection,
        { subresource: "status", fieldManager: `liqo-fabric/${node}` },
      );
    for (const node of ["worker-1", "worker-2"]) await tell(node);
    writer.update(connected(1));
    await clock.waiting();
    const told = async () => (await read()).status?.paths?.map(({ node }) => node).sort();
    assert.deepEqual([(await read()).status?.value, await told()], ["Connected", ["worker-1", "worker-2"]]);
    nodes = ["worker-2"];
    await pass();
    assert.deepEqual(await told(), ["worker-2"]);
  });

  test("what somebody deletes is back with the next pass, and says what is", async () => {
    const writer = await start();
    writer.update(connected(1));
    await clock.waiting();
    await api.client.delete(session.ctx, connections, KEY);
    await pass();
    assert.equal((await read()).status?.value, "Connected");
  });

  test("the driver is shown when it is known, and stays", async () => {
    const shown = async (): Promise<string | undefined> =>
      (await read()).metadata?.annotations?.["networking.liqo.io/wireguard-implementation"];
    await start();
    assert.equal(await shown(), undefined);
    implementation = "kernel";
    await pass();
    assert.equal(await shown(), "kernel");
    implementation = undefined;
    await pass();
    assert.equal(await shown(), "kernel");
  });

  test("the Connection of a gateway that was made anew under its name becomes the new one's", async () => {
    const old = await start();
    old.update(connected(1));
    await clock.waiting();
    await session[Symbol.asyncDispose]();
    session = api.open();
    clock = steppedClock(clock.epochMs());
    await start({ uid: "u2", mode: "client" });
    const { metadata, spec } = await read();
    assert.deepEqual(
      metadata?.ownerReferences?.map(({ uid, kind }) => [uid, kind]),
      [["u2", "GatewayClient"]],
    );
    assert.equal(spec?.gatewayRef?.uid, "u2");
    assert.equal(spec?.type, "Client");
  });
});
