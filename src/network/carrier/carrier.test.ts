/** Both ends with real sockets on loopback; two UDP sockets play the parts of WireGuard. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, connect as tcpConnect } from "node:net";
import { after, before, beforeEach, describe, test } from "node:test";
import { connect as tlsConnect } from "node:tls";
import { type WebSocket, WebSocketServer } from "ws";
import { systemClock } from "#base/clock.ts";
import { Metrics } from "#base/metrics.ts";
import { eventually } from "#kit/eventually.ts";
import { createCa } from "#pki/certificate.ts";
import { freePort } from "../testing/free-port.ts";
import type { WireguardKeys } from "../wireguard/keys.ts";
import { dialCarrier } from "./dial.ts";
import { sharedSecret } from "./proof.ts";
import { Relay } from "./relay.ts";
import { CarrierServer } from "./server.ts";
import { carrierTraffic } from "./traffic.ts";

function keyPair(): WireguardKeys {
  const { d = "", x = "" } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  const raw = (text: string): string => Buffer.from(text, "base64url").toString("base64");
  return { privateKey: raw(d), publicKey: raw(x) };
}

const clock = systemClock;
const [server, client, stranger] = [keyPair(), keyPair(), keyPair()];
const secret = sharedSecret(client, server.publicKey) ?? Buffer.alloc(0);
const strange = sharedSecret(stranger, server.publicKey) ?? Buffer.alloc(0);

function datagram(type: number, text: string, receiver = 7): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(type, 0);
  head.writeUInt32LE(receiver, 4);
  return Buffer.concat([head, Buffer.from(text)]);
}

const textOf = (received: Buffer): string => received.subarray(32).toString();

async function bound(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

test("both ends of a tunnel know the same secret, and nobody else", () => {
  assert.deepEqual(sharedSecret(server, client.publicKey), secret);
  assert.notDeepEqual(strange, secret);
  assert.equal(sharedSecret(server, "AAAA"), undefined);
  assert.equal(sharedSecret(server, Buffer.alloc(32).toString("base64")), undefined, "the point that hides nothing");
});

describe("a carrier", () => {
  /** WireGuard of the server; it answers each datagram with its text in capitals. */
  let far: Socket;
  let carrier: CarrierServer;
  let known: Buffer | undefined = secret;
  let metrics: Metrics;
  const arrived: string[] = [];

  before(async () => {
    far = await bound();
    far.on("message", (received, { port, address }) => {
      arrived.push(textOf(received));
      far.send(datagram(4, textOf(received).toUpperCase()), port, address);
    });
  });
  after(() => far.close());
  beforeEach(() => {
    known = secret;
    arrived.length = 0;
  });

  async function open(): Promise<AsyncDisposable & { address: string }> {
    metrics = new Metrics();
    carrier = await CarrierServer.open({
      port: 0,
      wireguardPort: far.address().port,
      clock,
      traffic: carrierTraffic(metrics),
      secret: () => known,
    });
    return {
      address: `127.0.0.1:${carrier.port}`,
      [Symbol.asyncDispose]: () => carrier[Symbol.asyncDispose](),
    };
  }

  function dial(address: string, by = secret): ReturnType<typeof dialCarrier> {
    return dialCarrier({ address, secret: by, timeoutMs: 3_000, clock, signal: new AbortController().signal });
  }

  interface Way extends AsyncDisposable {
    readonly relay: Relay;
    readonly heard: string[];
    readonly opened: string[];
    readonly lost: () => number;
    say(text: string, type?: number): void;
  }

  async function way(address: string): Promise<Way> {
    const heard: string[] = [];
    const opened: string[] = [];
    let lost = 0;
    const relay = await Relay.open({
      clock,
      traffic: carrierTraffic(new Metrics()),
      open: (from) => opened.push(from),
      lost: () => lost++,
    });
    relay.use(await dial(address));
    const near = await bound();
    near.on("message", (received) => heard.push(textOf(received)));
    const port = Number(relay.endpoint.split(":")[1]);
    return {
      ...{ relay, heard, opened, lost: () => lost },
      say: (text, type = 4) => near.send(datagram(type, text), port, "127.0.0.1"),
      async [Symbol.asyncDispose]() {
        relay[Symbol.dispose]();
        near.close();
      },
    };
  }

  const counted = (name: string, labels: string): string | undefined =>
    metrics
      .render()
      .split("\n")
      .find((line) => line.startsWith(`${name}{${labels}}`))
      ?.split(" ")[1];

  test("datagrams go there and back", async () => {
    await using one = await open();
    await using tunnel = await way(one.address);
    for (const text of ["a", "b", "c"]) tunnel.say(text);
    await eventually("answers", () => assert.deepEqual([...tunnel.heard].sort(), ["A", "B", "C"]));
    assert.equal(counted("liqo_carrier_datagrams_total", 'direction="received"'), "3");
    assert.equal(tunnel.relay.endpoint.split(":")[0], "127.0.0.1");
  });

  test("what is no datagram of WireGuard's is carried nowhere", async () => {
    await using one = await open();
    await using tunnel = await way(one.address);
    tunnel.say("type 9", 9);
    tunnel.say("fine");
    await eventually("the other", () => assert.deepEqual(arrived, ["fine"]));
    const socket = await dial(one.address);
    socket.on("error", () => undefined);
    for (const message of ["text", Buffer.from("short"), Buffer.alloc(64, 0xff)]) socket.send(message);
    await eventually("they are counted", () =>
      assert.equal(counted("liqo_carrier_dropped_datagrams_total", 'reason="unfit"'), "3"),
    );
    socket.send(Buffer.alloc(70_000, 4));
    await once(socket, "close");
    assert.deepEqual(arrived, ["fine"]);
  });

  test("who has other keys is refused, and told why", async () => {
    await using one = await open();
    await assert.rejects(dial(one.address, strange), /^Error: refused: it is the gateway of another peer/);
    known = undefined;
    await assert.rejects(dial(one.address), /^Error: refused: that gateway is not in charge$/);
    assert.equal(counted("liqo_carrier_refused_connections_total", 'reason="proof"'), "1");
  });

  test("a server that cannot prove that it is the peer is left at once", async () => {
    const { certificate, privateKey } = await createCa("gateway");
    const liar = createTlsServer({ cert: certificate, key: privateKey }).listen(0, "127.0.0.1");
    const upgrades = new WebSocketServer({ noServer: true });
    upgrades.on("headers", (lines, { headers }) => lines.push(`liqo-proof: ${headers["liqo-proof"]}`));
    liar.on("upgrade", (request, socket, head) => upgrades.handleUpgrade(request, socket, head, () => undefined));
    await once(liar, "listening");
    const { port } = liar.address() as AddressInfo;
    await assert.rejects(dial(`127.0.0.1:${port}`), /^Error: it is not the gateway of this peer$/);
    liar.close();
  });

  test("an address where nobody listens, and one where nobody speaks TLS", async () => {
    await assert.rejects(dial(`127.0.0.1:${await freePort()}`), /^Error: connection refused$/);
    const mute = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as AddressInfo;
    const attempt = dialCarrier({
      address: `127.0.0.1:${port}`,
      secret,
      timeoutMs: 200,
      clock,
      signal: new AbortController().signal,
    });
    await assert.rejects(attempt, /^Error: no answer$/);
    mute.close();
  });

  test("a browser gets nothing", async () => {
    await using one = await open();
    const [host = "", port = ""] = one.address.split(":");
    const socket = tlsConnect({ host, port: Number(port), rejectUnauthorized: false });
    await once(socket, "secureConnect");
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1\.1 404 /);
    await once(socket, "close");
  });

  test("a crowd of strangers keeps nobody out, and is bounded", async () => {
    await using one = await open();
    const [host = "", port = ""] = one.address.split(":");
    const crowd = Array.from({ length: 100 }, () => tcpConnect(Number(port), host).on("error", () => undefined));
    await Promise.all(crowd.map((socket) => once(socket, "connect")));
    const closed = () => crowd.filter((socket) => socket.destroyed || socket.readableEnded).length;
    for (const socket of crowd) socket.resume();
    await eventually("most are gone", () => assert.ok(closed() >= 84, `${closed()}`));
    await using tunnel = await way(one.address);
    tunnel.say("through");
    await eventually("an answer", () => assert.deepEqual(tunnel.heard, ["THROUGH"]));
    for (const socket of crowd) socket.destroy();
  });

  test("garbage ends its own connection", async () => {
    await using one = await open();
    const [host = "", port = ""] = one.address.split(":");
    const raw = tcpConnect(Number(port), host).on("error", () => undefined);
    raw.write("GET / HTTP/1.0\r\n\r\n");
    raw.resume();
    await once(raw, "close");
    const long = tlsConnect({ host, port: Number(port), rejectUnauthorized: false }).on("error", () => undefined);
    await once(long, "secureConnect");
    long.write(`GET / HTTP/1.1\r\nX: ${"x".repeat(100_000)}`);
    long.resume();
    await eventually("it is closed", () => assert.ok(long.destroyed));
    assert.equal(counted("liqo_carrier_refused_connections_total", 'reason="tls"'), "1");
    assert.equal(counted("liqo_carrier_refused_connections_total", 'reason="request"'), "1");
  });

  test("of many connections of the peer the latest are kept", async () => {
    await using one = await open();
    const sockets: WebSocket[] = [];
    for (let i = 0; i < 6; i++) sockets.push(await dial(one.address));
    await eventually("four are left", () =>
      assert.deepEqual(
        sockets.map(({ readyState, OPEN }) => readyState === OPEN),
        [false, false, true, true, true, true],
      ),
    );
  });

  test("one that is not in charge any more lets go", async () => {
    await using one = await open();
    await using tunnel = await way(one.address);
    carrier.closeAll();
    await eventually("the client sees it", () => assert.equal(tunnel.lost(), 1));
    assert.ok(!tunnel.relay.isConnected);
    tunnel.relay.use(await dial(one.address));
    tunnel.say("again");
    await eventually("an answer", () => assert.deepEqual(tunnel.heard, ["AGAIN"]));
    carrier.leave();
    await eventually("the client sees it once more", () => assert.equal(tunnel.lost(), 2));
    await assert.rejects(dial(one.address), /not in charge/);
  });

  test("whether UDP is open is asked beside TCP, and only its answer counts", async () => {
    await using one = await open();
    await using tunnel = await way(one.address);
    tunnel.say("known");
    await eventually("a session", () => assert.deepEqual(tunnel.heard, ["KNOWN"]));
    // Nobody there: all goes on over TCP.
    tunnel.relay.ask(`127.0.0.1:${await freePort()}`);
    for (const text of ["1", "2", "3", "4"]) tunnel.say(text);
    await eventually("all went over TCP", () => assert.equal(tunnel.heard.length, 5));
    assert.deepEqual(tunnel.opened, []);
    const open4 = `127.0.0.1:${far.address().port}`;
    tunnel.relay.ask(open4);
    tunnel.say("5");
    await eventually("open", () => assert.deepEqual(tunnel.opened, [open4]));
    // One answer is enough.
    tunnel.say("6");
    await eventually("both came by both", () => assert.ok(tunnel.heard.filter((text) => text === "6").length >= 1));
    assert.deepEqual(tunnel.opened, [open4]);
  });

  test("an answer for another session opens nothing", async () => {
    await using one = await open();
    await using tunnel = await way(one.address);
    tunnel.say("known");
    await eventually("a session", () => assert.deepEqual(tunnel.heard, ["KNOWN"]));
    const liar = await bound();
    liar.on("message", (_, { port, address }) => liar.send(datagram(4, "lie", 8), port, address));
    tunnel.relay.ask(`127.0.0.1:${liar.address().port}`);
    tunnel.say("asked");
    await eventually("the lie arrives", () => assert.ok(tunnel.heard.includes("lie")));
    assert.deepEqual(tunnel.opened, []);
    liar.close();
  });

  test("who holds hands nothing to WireGuard", async () => {
    await using one = await open();
    await using tunnel = await way(one.address);
    tunnel.relay.hold(true);
    tunnel.say("unheard");
    await eventually("it went out", () => assert.deepEqual(arrived, ["unheard"]));
    tunnel.relay.hold(false);
    tunnel.say("heard");
    await eventually("an answer", () => assert.deepEqual(tunnel.heard, ["HEARD"]));
  });
});
