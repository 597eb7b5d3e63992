/** The client against a real server on loopback; the clock that says how long UDP is silent is stepped. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { systemClock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { eventually } from "#kit/eventually.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { freePort } from "../testing/free-port.ts";
import { EndpointResolver } from "../wireguard/endpoint.ts";
import { ClientCarriers } from "./client.ts";
import { CarrierServer } from "./server.ts";
import { carrierTraffic } from "./traffic.ts";

const secret = Buffer.alloc(32, 1);
const SESSION = Buffer.concat([Buffer.from([4, 0, 0, 0, 9, 0, 0, 0]), Buffer.alloc(24)]);

describe("a client's carriers", () => {
  /** WireGuard at both ends: the far one answers with what it gets. */
  let near: Socket;
  let far: Socket;
  let server: CarrierServer;
  let clock: SteppedClock;
  let resolver: EndpointResolver;
  let carriers: ClientCarriers;
  let ctx: Context;
  let cancel: () => void;
  let told: string[];
  let moves: number;
  let udp: string;

  before(async () => {
    [near, far] = (await Promise.all(
      [0, 1].map(async () => {
        const socket = createSocket("udp4").bind(0, "127.0.0.1");
        await once(socket, "listening");
        return socket;
      }),
    )) as [Socket, Socket];
    far.on("message", (datagram, { port, address }) => far.send(datagram, port, address));
    udp = `127.0.0.1:${far.address().port}`;
    const traffic = carrierTraffic(new Metrics());
    const wireguardPort = far.address().port;
    server = await CarrierServer.open({ port: 0, wireguardPort, clock: systemClock, traffic, secret: () => secret });
  });
  after(async () => {
    await server[Symbol.asyncDispose]();
    near.close();
    far.close();
  });

  beforeEach(() => open(server.port));
  afterEach(() => {
    cancel();
    carriers[Symbol.dispose]();
  });

  async function open(port: number): Promise<void> {
    clock = steppedClock();
    ({ ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger }));
    const endpoint = { addresses: ["127.0.0.1"], port: far.address().port };
    resolver = new EndpointResolver(endpoint, { intervalMs: 1_000, clock });
    await resolver.resolve();
    [told, moves] = [[], 0];
    carriers = new ClientCarriers({
      ...{ port, clock, resolver, traffic: carrierTraffic(new Metrics()), secret: () => secret },
      moved: () => moves++,
    });
    carriers.tell({ changed: () => undefined, switched: (message) => told.push(message) });
  }

  /** UDP is silent until TCP carries. */
  async function toTcp(): Promise<void> {
    assert.ok(carriers.silent(ctx));
    await eventually("TCP is dialled", () => assert.match(carriers.triedOverTcp ?? "", /connected/));
    for (let tries = 0; tries < 2; tries++) assert.ok(carriers.silent(ctx));
  }

  /** From TCP, on the question that is asked now and then. */
  async function backToUdp(): Promise<void> {
    speak();
    await once(near, "message");
    clock.step(10_000);
    carriers.answered(ctx);
    speak();
    await eventually("UDP answers", () => {
      clock.step(50);
      assert.equal(carriers.relayed, undefined);
    });
  }

  /** WireGuard says something to its peer. */
  function speak(): void {
    const [host, port] = (carriers.relayed ?? udp).split(":");
    near.send(SESSION, Number(port), host);
  }

  test("UDP that answers is all that is tried", () => {
    carriers.answered(ctx);
    assert.equal(carriers.tried, `UDP ${udp}: connected`);
    assert.equal(carriers.current, `UDP ${udp}`);
    assert.equal(carriers.relayed, undefined);
  });

  test("UDP that is silent gives way to TCP, which is told", async () => {
    await toTcp();
    assert.match(carriers.relayed ?? "", /^127\.0\.0\.1:\d+$/);
    const tcp = `127.0.0.1:${server.port}`;
    assert.equal(carriers.current, `TCP ${tcp}`);
    assert.equal(carriers.carrier, "TCP");
    assert.equal(carriers.tried, `UDP ${udp}: no handshake, TCP ${tcp}: connected`);
    assert.deepEqual(told, [`the tunnel is carried by TCP ${tcp} now (${carriers.tried})`]);
  });

  test("UDP stays as long as TCP is refused, and why is told", async () => {
    carriers[Symbol.dispose]();
    const port = await freePort();
    await open(port);
    for (let tries = 0; tries < 10; tries++) {
      assert.ok(carriers.silent(ctx));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(carriers.relayed, undefined);
    assert.equal(carriers.tried, `UDP ${udp}: no handshake, TCP 127.0.0.1:${port}: connection refused`);
    assert.deepEqual(told, []);
  });

  test("UDP that opens carries again, with the same session, and TCP is let go", async () => {
    await toTcp();
    const relayed = carriers.relayed;
    await backToUdp();
    assert.equal(carriers.current, `UDP ${udp}`);
    assert.equal(moves, 1, "WireGuard is told, and begins nothing anew");
    assert.equal(carriers.tried, `UDP ${udp}: connected, TCP 127.0.0.1:${server.port}: connected`);
    // It is shut again at once: the way back is still there.
    clock.step(1_000);
    assert.equal(carriers.silent(ctx), false);
    assert.equal(carriers.relayed, relayed);
    assert.equal(moves, 2);
  });

  test("what has carried by UDP for a while keeps no connection", async () => {
    await toTcp();
    const relayed = carriers.relayed;
    await backToUdp();
    clock.step(5_000);
    carriers.answered(ctx);
    // Dialled anew from the first try on.
    await toTcp();
    assert.notEqual(carriers.relayed, relayed);
  });

  test("a connection that is lost is dialled anew at once", async () => {
    await toTcp();
    server.closeAll();
    await eventually("it carries again", async () => {
      speak();
      await Promise.race([
        once(near, "message"),
        new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), 200)),
      ]);
    });
  });
});
