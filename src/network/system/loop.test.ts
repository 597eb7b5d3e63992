import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { Loop, type LoopResult } from "./loop.ts";

const RESYNC_MS = 5_000;
const GATHER_MS = 20;

let clock: SteppedClock;
let passes: number;
let next: () => LoopResult | Promise<LoopResult>;
let loop: Loop;
let cancel: () => void;
let ctx: Context;
let running: Promise<void>;

describe("a loop", () => {
  beforeEach(async () => {
    clock = steppedClock();
    passes = 0;
    next = () => ({});
    ({ ctx, cancel } = withCancel({ signal: new AbortController().signal, log: silentLogger }));
    loop = new Loop({
      name: "test",
      resyncMs: RESYNC_MS,
      clock,
      pass: async () => {
        passes++;
        return next();
      },
    });
    running = loop.run(ctx);
  });

  afterEach(async () => {
    cancel();
    await running;
    assert.equal(clock.nextMs(), undefined, "nothing waits any more");
  });

  /** Lets what waits come, and says how long is waited then. */
  async function step(): Promise<number> {
    clock.step(await clock.waiting());
    return clock.waiting();
  }

  test("the first pass comes when what comes together has come, the next without any trigger", async () => {
    assert.equal(await clock.waiting(), GATHER_MS);
    loop.trigger();
    loop.trigger();
    assert.equal(passes, 0);
    assert.equal(await step(), RESYNC_MS);
    assert.equal(passes, 1);
    assert.equal(await step(), RESYNC_MS);
    assert.equal(passes, 2);
  });

  test("a trigger ends the wait, and what is triggered during a pass is one more pass", async () => {
    await step();
    next = () => {
      next = () => ({});
      loop.trigger();
      loop.trigger();
      return {};
    };
    loop.trigger();
    assert.equal(await clock.waiting(), GATHER_MS);
    assert.equal(passes, 2);
    assert.equal(await step(), RESYNC_MS);
    assert.equal(passes, 3);
  });

  for (const [retryAfterMs, waitMs] of [
    [1_000, 1_000],
    [RESYNC_MS + 1, RESYNC_MS],
    [undefined, RESYNC_MS],
  ] as const)
    test(`a pass that wants another one after ${retryAfterMs} ms has it after ${waitMs} ms`, async () => {
      next = () => ({ retryAfterMs });
      assert.equal(await step(), waitMs);
      next = () => ({});
      assert.equal(await step(), RESYNC_MS);
    });

  test("a pass that fails is repeated later and later, up to ten seconds, and as soon as at first after a success", async () => {
    next = () => Promise.reject(new Error("no"));
    let waitMs = await step();
    for (const mostMs of [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      assert.ok(waitMs <= mostMs && waitMs >= mostMs * 0.8, `${waitMs} ms, not up to ${mostMs}`);
      waitMs = await step();
    }
    next = () => ({});
    await step();
    next = () => Promise.reject(new Error("no"));
    assert.ok((await step()) <= 250);
  });

  test("the end of the context during a pass ends the loop, whatever comes of the pass", async () => {
    const { promise, reject } = Promise.withResolvers<LoopResult>();
    next = () => {
      cancel();
      reject(ctx.signal.reason);
      return promise;
    };
    clock.step(await clock.waiting());
    await running;
    assert.equal(passes, 1);
  });

  test("a trigger after the end does nothing", async () => {
    await step();
    cancel();
    await running;
    loop.trigger();
    assert.equal(passes, 1);
  });
});
