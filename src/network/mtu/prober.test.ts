import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { decodeMessage, encodeMessage, HEADER_BYTES } from "../conncheck/message.ts";
import { passUntil } from "../testing/fake-machine.ts";
import { MtuProber, type TunnelMtu } from "./prober.ts";

const BOUND = 1_340;
const LEAST = 576;
const INTERVAL_MS = 120_000;

/** The way to the other gateway and back. */
interface Path {
  /** The longest packet that arrives. */
  carries: number;
  /** Of the packets that are not too long, whether that one arrives. */
  loses: (size: number) => boolean;
  /** Whether the other gateway knows probes. */
  answers: boolean;
  /** What the other gateway tells of its direction. */
  tells: number | undefined;
}

let clock: SteppedClock;
let path: Path;
/** Time stamp of the last probe. */
let last: string;
let sizes: number[];
let found: TunnelMtu[];
let isReady: boolean;
let prober: MtuProber;
let stop: () => Promise<void>;

describe("the measurement of the MTU", () => {
  beforeEach(() => {
    clock = steppedClock();
    path = { carries: 1_500, loses: () => false, answers: true, tells: undefined };
    [sizes, found, isReady, last] = [[], [], true, ""];
    const { ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger });
    prober = new MtuProber({
      remoteClusterId: "rome",
      send: (_ctx, probe) => void setImmediate(answer, probe),
      bound: BOUND,
      intervalMs: INTERVAL_MS,
      clock,
      isReady: () => isReady,
      update: (mtu) => found.push(mtu),
    });
    const running = prober.run(ctx);
    stop = async () => {
      cancel();
      await running;
    };
  });
  afterEach(() => stop());

  /** As the other gateway does. */
  function answer(probe: Buffer): void {
    const size = probe.length + HEADER_BYTES;
    const message = decodeMessage(probe);
    assert.equal(message?.msgType, "PROBE");
    sizes.push(size);
    last = message?.timeStamp ?? "";
    if (!path.answers || size > path.carries || path.loses(size)) return;
    prober.receive(encodeMessage({ clusterID: "rome", msgType: "PROBED", timeStamp: last, size, mtu: path.tells }));
  }

  /** Lets time pass until that value was found last. */
  async function finds(value: number, origin: TunnelMtu["origin"] = "Measured"): Promise<void> {
    await passUntil(clock, () => found.at(-1)?.value === value && found.at(-1)?.origin === origin);
  }

  async function passes(ms: number): Promise<void> {
    const endMs = clock.nowMs() + ms;
    await passUntil(clock, () => clock.nowMs() >= endMs);
  }

  for (const [carries, value] of [
    [1_500, 1_340],
    [1_339, 1_328],
    [1_280, 1_280],
    [600, 592],
  ] as const)
    test(`of a path that carries ${carries} finds ${value}`, async () => {
      path.carries = carries;
      await finds(value);
      assert.deepEqual(found, [{ value, origin: "Measured" }]);
      assert.equal(prober.own, value);
    });

  test("a path that gets narrower is found within seconds, one that gets wider within the interval", async () => {
    await finds(BOUND);
    path.carries = 1_300;
    const narrowMs = clock.nowMs();
    await finds(1_296);
    assert.ok(clock.nowMs() - narrowMs < 5_000, `${clock.nowMs() - narrowMs} ms`);
    await passes(2 * INTERVAL_MS);
    path.carries = 1_500;
    const wideMs = clock.nowMs();
    await finds(BOUND);
    assert.ok(clock.nowMs() - wideMs <= INTERVAL_MS + 5_000, `${clock.nowMs() - wideMs} ms`);
    assert.deepEqual(
      found.map(({ value }) => value),
      [BOUND, 1_296, BOUND],
    );
  });

  test("at rest one probe of the value and one short one are sent every two seconds", async () => {
    await finds(BOUND);
    sizes = [];
    await passes(20_000);
    assert.ok(sizes.length <= 22, `${sizes.length} probes`);
    assert.deepEqual([...new Set(sizes)].sort(), [BOUND, LEAST]);
    assert.equal(found.length, 1);
  });

  test("a size that is lost now and then is not too long", async () => {
    await finds(BOUND);
    let lost = 0;
    path.loses = (size) => size > LEAST && lost++ % 5 < 4;
    await passes(60_000);
    assert.ok(lost > 20);
    assert.equal(found.length, 1);
  });

  test("while nothing at all arrives nothing is concluded", async () => {
    await finds(BOUND);
    path.loses = () => true;
    await passes(4_000);
    isReady = false;
    await passes(600_000);
    isReady = true;
    path.loses = () => false;
    await passes(10_000);
    assert.equal(found.length, 1);
  });

  test("a peer that answers no probes leaves the value as configured, and is asked seldom", async () => {
    path.answers = false;
    await finds(BOUND, "Configured");
    await passes(10 * INTERVAL_MS);
    sizes = [];
    await passes(INTERVAL_MS);
    assert.ok(sizes.length <= 2 * 4 * 9, `${sizes.length} probes`);
    assert.equal(found.length, 1);
    path.answers = true;
    path.carries = 1_280;
    await finds(1_280);
  });

  test("a peer that is replaced by one that answers no probes has the configured value again", async () => {
    path.carries = 1_280;
    await finds(1_280);
    path.answers = false;
    await finds(BOUND, "Configured");
  });

  test("the smaller value of both ends is used, as long as it is", async () => {
    path.tells = 1_296;
    await finds(1_296);
    assert.equal(prober.own, BOUND);
    prober.peerMeasured(1_312);
    assert.deepEqual(found.at(-1), { value: 1_312, origin: "Measured" });
    prober.peerMeasured(1);
    assert.equal(found.at(-1)?.value, LEAST);
    path.tells = undefined;
    await finds(BOUND);
  });

  test("what is no answer to the last probes counts nothing", async () => {
    path.answers = false;
    await passUntil(clock, () => last !== "");
    const answered = { clusterID: "rome", msgType: "PROBED", timeStamp: last, size: BOUND } as const;
    const strangers = [
      { ...answered, timeStamp: new Date(0).toISOString() },
      { ...answered, msgType: "PONG" },
      { ...answered, size: BOUND + 1 },
    ] as const;
    for (const stranger of strangers) prober.receive(encodeMessage(stranger));
    prober.receive(Buffer.from("?"));
    await finds(BOUND, "Configured");
    assert.equal(found.length, 1);
  });
});
