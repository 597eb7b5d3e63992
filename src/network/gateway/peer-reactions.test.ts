import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import type { PeerState } from "../conncheck/checker.ts";
import { type PeerParts, peerReactions } from "./peer-reactions.ts";

let clock: SteppedClock;
let shown: string[];
let restarts: number[];
let latencies: number[];
let tried: string[];
let reactions: ReturnType<typeof peerReactions>;

function react(
  ctx: Context,
  restart: () => Promise<void> = async () => undefined,
  carriers?: PeerParts["carriers"],
): void {
  clock = steppedClock();
  // The first moment of a clock is no different from others.
  clock.step(1_000_000);
  [shown, restarts, latencies, tried] = [[], [], [], []];
  reactions = peerReactions(ctx, {
    remoteClusterId: "rome",
    clock,
    carriers,
    tunnel: {
      endpoint: "192.0.2.7:51840",
      restartSession: () => {
        restarts.push(clock.nowMs() - 1_000_000);
        return restart();
      },
    },
    report: {
      unanswered: (endpoint) => tried.push(`${endpoint} is silent`),
      answered: (endpoint) => tried.push(`${endpoint} answers`),
    },
    connection: { update: ({ value }: PeerState) => shown.push(value), problemFound: () => undefined },
    latency: { observe: (us) => latencies.push(us) },
  });
}

/** Told each 250 ms that nothing is heard. */
function stayAway(ms: number): void {
  for (let passed = 0; passed < ms; passed += 250) {
    reactions.missing();
    clock.step(250);
  }
}

describe("what the ping leads to", () => {
  const ctxOf = (): Context => ({ signal: new AbortController().signal, log: silentLogger });
  beforeEach(() => react(ctxOf()));

  test("what is found out is shown", () => {
    reactions.update({ value: "Connected", latencyMs: 1 });
    reactions.update({ value: "Error" });
    assert.deepEqual(shown, ["Connected", "Error"]);
    assert.deepEqual(latencies, [1_000]);
    assert.deepEqual(restarts, []);
  });

  test("a peer that stays away gets a new handshake each half second", () => {
    stayAway(1_750);
    assert.deepEqual(restarts, [500, 1_000, 1_500]);
    assert.deepEqual(tried, Array(3).fill("192.0.2.7:51840 is silent"));
    reactions.update({ value: "Connected", latencyMs: 1 });
    assert.equal(tried.at(-1), "192.0.2.7:51840 answers");
  });

  test("a peer that was heard and falls silent gets one at once", () => {
    stayAway(1_250);
    reactions.update({ value: "Connected", latencyMs: 1 });
    restarts.splice(0);
    stayAway(750);
    assert.deepEqual(restarts, [1_250, 1_750]);
  });

  test("that it is lost is no news for the handshakes", () => {
    stayAway(750);
    reactions.update({ value: "Error" });
    stayAway(500);
    assert.deepEqual(restarts, [500, 1_000]);
  });

  test("over TCP no address is blamed for the silence of UDP, and a session that goes on begins nothing", () => {
    const silent = [true, false];
    const answered: number[] = [];
    react(ctxOf(), undefined, {
      relayed: "127.0.0.1:7",
      silent: () => silent.shift() ?? true,
      answered: () => void answered.push(clock.nowMs()),
    });
    stayAway(1_250);
    assert.deepEqual(restarts, [500], "the second was a move");
    assert.deepEqual(tried, []);
    reactions.update({ value: "Connected", latencyMs: 1 });
    assert.deepEqual(tried, []);
    assert.equal(answered.length, 1);
  });

  test("a session that cannot be begun anew is tried again", async () => {
    const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
    react(ctx, () => Promise.reject(new Error("no such device")));
    stayAway(1_250);
    assert.deepEqual(restarts, [500, 1_000]);
    cancel();
    stayAway(500);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(restarts.length, 3);
  });
});
