import assert from "node:assert/strict";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { afterEach, beforeEach, describe, test } from "node:test";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { ConnectionChecker, type PeerState } from "./checker.ts";
import { decodeMessage, encodeMessage, type PingMessage } from "./message.ts";

const OWN = "127.0.0.1";
const PEER = "127.0.0.2";
const INTERVAL_MS = 2_000;
const EAGER_MS = 250;

/** The other end of the tunnel: a socket in the test's hand. */
class Peer {
  readonly socket: Socket;
  readonly #arrived: PingMessage[] = [];
  #tell: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("message", (datagram: Buffer, _from: RemoteInfo) => {
      const message = decodeMessage(datagram);
      assert.ok(message !== undefined, "it is a ping");
      this.#arrived.push(message);
      this.#tell();
    });
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** The next message of that type. */
  async next(type: PingMessage["msgType"]): Promise<PingMessage> {
    for (;;) {
      const at = this.#arrived.findIndex(({ msgType }) => msgType === type);
      const [found] = at < 0 ? [] : this.#arrived.splice(at, 1);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    }
  }

  send(message: PingMessage | string): void {
    this.socket.send(typeof message === "string" ? message : encodeMessage(message), this.port, OWN);
  }

  /** Whatever was sent before has been dealt with. */
  async settled(): Promise<void> {
    this.send({ clusterID: "any", msgType: "PING", timeStamp: "now" });
    await this.next("PONG");
  }
}

let clock: SteppedClock;
let peer: Peer;
let checker: ConnectionChecker;
let states: PeerState[];
let missing: number;
/** This end's turn, and the later ones that the peer has heard of. */
let turn: number | undefined;
let later: number[];
/** What the peer said that it had measured. */
let told: (number | undefined)[];
/** Where the peer said that it answers echoes. */
let echoes: (string | undefined)[];
let stop: () => Promise<void>;

describe("the connection checker", () => {
  beforeEach(async () => {
    clock = steppedClock();
    [states, missing, told, turn, later, echoes] = [[], 0, [], undefined, [], []];
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, PEER, resolve));
    peer = new Peer(socket);
    const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
    checker = await ConnectionChecker.open(ctx, {
      remoteClusterId: "rome",
      address: PEER,
      listenAddress: OWN,
      port: peer.port,
      intervalMs: INTERVAL_MS,
      lossThreshold: 5,
      clock,
      update: (state) => states.push(state),
      probed: (mtu) => {
        told.push(mtu);
        return 1_312;
      },
      missing: () => {
        missing++;
      },
      echoAddress: "10.244.0.3",
      peerEchoes: (address) => echoes.push(address),
      turn: () => turn,
      laterTurn: (heard) => later.push(heard),
    });
    const running = checker.run(ctx);
    stop = async () => {
      cancel();
      await running;
      await checker[Symbol.asyncDispose]();
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    };
  });
  afterEach(() => stop());

  /** Lets the next ping go out, and takes it. */
  async function nextPing(): Promise<PingMessage> {
    clock.step(await clock.waiting());
    return peer.next("PING");
  }

  async function answer(ping: PingMessage): Promise<void> {
    peer.send({ ...ping, msgType: "PONG" });
    await peer.settled();
  }

  test("a ping tells the peer's name and the time; its answer says how long it took", async () => {
    assert.deepEqual(checker.state, { value: "Connecting" });
    const ping = await peer.next("PING");
    const timeStamp = new Date(clock.epochMs()).toISOString();
    assert.deepEqual(ping, { clusterID: "rome", msgType: "PING", timeStamp, echo: "10.244.0.3" });
    clock.step(7);
    await answer(ping);
    assert.deepEqual(states, [{ value: "Connected", latencyMs: 7 }]);
    assert.deepEqual(checker.state, { value: "Connected", latencyMs: 7 });
  });

  test("the latest turn that a peer's pings tell of is answered with, and who has an earlier one is told", async () => {
    const said = async (turn: number | undefined): Promise<number | undefined> => {
      peer.send({ clusterID: "milan", msgType: "PING", timeStamp: "now", turn });
      return (await peer.next("PONG")).turn;
    };
    assert.deepEqual([await said(undefined), await said(3), await said(4), await said(3)], [undefined, 3, 4, 4]);
    await peer.next("PING");
    turn = 3;
    const ping = await nextPing();
    assert.equal(ping.turn, 3);
    for (const heard of [undefined, 3, 2]) await answer({ ...ping, turn: heard });
    assert.deepEqual(later, []);
    await answer({ ...(await nextPing()), turn: 4 });
    assert.deepEqual(later, [4]);
    clock.step(20_000);
    assert.equal(await said(1), 1, "the gateway was made anew");
  });

  test("a peer's ping may say where it answers echoes, and its answer does not say it back", async () => {
    for (const echo of ["10.244.9.9", undefined]) {
      peer.send({ clusterID: "milan", msgType: "PING", timeStamp: "now", echo });
      assert.equal((await peer.next("PONG")).echo, undefined);
    }
    assert.deepEqual(echoes, ["10.244.9.9", undefined]);
  });

  test("an echo is answered with where it came from", async () => {
    peer.socket.send(encodeMessage({ clusterID: "milan", msgType: "ECHO", timeStamp: "now" }, 256), peer.port, OWN);
    assert.deepEqual(await peer.next("ECHOED"), {
      clusterID: "milan",
      msgType: "ECHOED",
      timeStamp: "now",
      from: PEER,
    });
  });

  test("what came of pings is counted: those before one that is answered are lost", async () => {
    assert.deepEqual(checker.pings, { answered: 0, lost: 0 });
    await peer.next("PING");
    await nextPing();
    await answer(await nextPing());
    assert.deepEqual(checker.pings, { answered: 1, lost: 2 });
    for (let sent = 0; sent < 53; sent++) await nextPing();
    assert.deepEqual(checker.pings, { answered: 1, lost: 5 }, "of a silent peer the oldest are");
  });

  test("a peer that is leaving is looked at closely for a while", async () => {
    await answer(await peer.next("PING"));
    await answer(await nextPing());
    assert.equal(await clock.waiting(), INTERVAL_MS);
    peer.send({ clusterID: "rome", msgType: "LEAVING", timeStamp: "now" });
    await peer.settled();
    await answer(await nextPing());
    missing = 0;
    for (let ms = 0; ms < 500; ms += 100) {
      assert.equal(await clock.waiting(), 100);
      await nextPing();
    }
    assert.ok(missing > 0, "half a second of silence is told");
    for (let ms = 0; ms < 8_000; ms += 2_000) clock.step(2_000);
    await clock.waiting();
    assert.equal(await clock.waiting(), INTERVAL_MS);
  });

  test("it tells its peer that it is leaving", async () => {
    checker.sayLeaving({ signal: new AbortController().signal, log: silentLogger });
    assert.equal((await peer.next("LEAVING")).clusterID, "rome");
  });

  test("a probe of the peer is answered shortly, with how long it was, and with what is measured here", async () => {
    const message = { clusterID: "here", msgType: "PROBE", timeStamp: "now", mtu: 1_296 } as const;
    peer.socket.send(encodeMessage(message, 1_340), peer.port, OWN);
    assert.deepEqual(await peer.next("PROBED"), { ...message, msgType: "PROBED", size: 1_340, mtu: 1_312 });
    assert.deepEqual(told, [1_296]);
  });

  test("Go's form of the time is the same time", async () => {
    const ping = await peer.next("PING");
    await answer({ ...ping, timeStamp: ping.timeStamp.replace(".000Z", "Z") });
    assert.equal(checker.state.value, "Connected");
  });

  test("pings come fast until the first answer, then by the interval", async () => {
    await peer.next("PING");
    assert.equal(await clock.waiting(), EAGER_MS);
    const ping = await nextPing();
    await answer(ping);
    await nextPing();
    assert.equal(await clock.waiting(), INTERVAL_MS);
  });

  test("a ping is answered unchanged, whoever sends it", async () => {
    peer.send({ clusterID: "milan", msgType: "PING", timeStamp: "2026-11-23T17:11:33.5Z" });
    assert.deepEqual(await peer.next("PONG"), {
      clusterID: "milan",
      msgType: "PONG",
      timeStamp: "2026-11-23T17:11:33.5Z",
    });
  });

  for (const [what, forge] of [
    ["of another cluster", (ping) => ({ ...ping, clusterID: "milan", msgType: "PONG" })],
    ["to what was never sent", (ping) => ({ ...ping, msgType: "PONG", timeStamp: "2030-01-02T00:00:00.000Z" })],
    ["without a time", (ping) => ({ ...ping, msgType: "PONG", timeStamp: "" })],
    ["that is none", () => "{"],
  ] as const satisfies readonly (readonly [string, (ping: PingMessage) => PingMessage | string])[])
    test(`an answer ${what} is no sign of life`, async () => {
      peer.send(forge(await peer.next("PING")));
      await peer.settled();
      assert.deepEqual(states, []);
    });

  test("an answer counts once, and one that was overtaken not at all", async () => {
    const first = await peer.next("PING");
    const second = await nextPing();
    await answer(second);
    await answer(second);
    await answer(first);
    assert.deepEqual(states, [{ value: "Connected", latencyMs: 0 }]);
  });

  test("an answer after very many pings is none: nobody remembers them for ever", async () => {
    const first = await peer.next("PING");
    for (let i = 0; i < 51; i++) await nextPing();
    await answer(first);
    assert.deepEqual(
      states.filter(({ value }) => value === "Connected"),
      [],
    );
  });

  test("a silent peer is lost after five intervals, once, and found again with its next answer", async () => {
    await answer(await peer.next("PING"));
    clock.step(await clock.waiting());
    const lostMs = INTERVAL_MS * 5;
    while (clock.nowMs() < lostMs) {
      await clock.waiting();
      assert.equal(checker.state.value, "Connected", `after ${clock.nowMs()} ms`);
      clock.step(INTERVAL_MS);
    }
    assert.equal(await clock.waiting(), EAGER_MS, "it may come back at any moment");
    clock.step(EAGER_MS);
    await clock.waiting();
    assert.deepEqual(
      states.map(({ value }) => value),
      ["Connected", "Error"],
    );
    clock.step(EAGER_MS);
    for (let ping = await peer.next("PING"); ; ping = await peer.next("PING")) {
      if (Date.parse(ping.timeStamp) !== clock.epochMs()) continue;
      await answer(ping);
      break;
    }
    assert.deepEqual(
      states.map(({ value }) => value),
      ["Connected", "Error", "Connected"],
    );
  });

  test("each interval without an answer is told, but not the first ones of a peer that was there", async () => {
    await peer.next("PING");
    clock.step(await clock.waiting());
    await clock.waiting();
    assert.equal(missing, 1, "nobody has answered yet");
    const ping = await peer.next("PING");
    await answer(ping);
    clock.step(await clock.waiting());
    const misses: number[] = [];
    for (let i = 0; i < 4; i++) {
      await clock.waiting();
      misses.push(missing);
      clock.step(INTERVAL_MS);
    }
    assert.deepEqual(misses, [1, 1, 2, 3]);
  });

  test("a port that is taken is told of", async () => {
    const { ctx } = withCancel({ signal: new AbortController().signal, log: silentLogger });
    const options = {
      remoteClusterId: "",
      address: PEER,
      listenAddress: OWN,
      port: peer.port,
      intervalMs: 1,
      lossThreshold: 1,
    };
    await assert.rejects(ConnectionChecker.open(ctx, { ...options, clock, update: () => undefined }), {
      code: "EADDRINUSE",
    });
  });

  test("a peer that cannot be reached at all is a silent one", async () => {
    const own = steppedClock();
    const said: PeerState[] = [];
    const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
    await using broken = await ConnectionChecker.open(ctx, {
      ...{ remoteClusterId: "rome", listenAddress: "127.0.0.3", port: peer.port, intervalMs: 100, lossThreshold: 2 },
      // The kernel refuses to send there.
      address: "255.255.255.255",
      clock: own,
      update: (state) => said.push(state),
    });
    const running = broken.run(ctx);
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(said, []);
      own.step(await own.waiting());
    }
    await own.waiting();
    assert.deepEqual(said, [{ value: "Error" }]);
    cancel();
    await running;
  });
});
