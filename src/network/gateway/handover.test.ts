import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { handOver } from "./handover.ts";

let clock: SteppedClock;
let holder: string | undefined;
let address: string | undefined;
let told: number;

describe("a gateway that ends", () => {
  beforeEach(() => {
    [clock, holder, address, told] = [steppedClock(), undefined, "10.244.0.5", 0];
  });

  /** For how long it goes on; `happens` is called at each step. */
  async function lasts(happens: (ms: number) => void = () => undefined): Promise<number> {
    const begunMs = clock.nowMs();
    let isOver = false;
    const over = handOver(
      { signal: new AbortController().signal, log: silentLogger },
      {
        clock,
        identity: "own",
        holder: () => holder,
        addressForNodes: () => address,
        sayLeaving: () => told++,
      },
    ).then(() => {
      isOver = true;
    });
    while (!isOver) {
      happens(clock.nowMs() - begunMs);
      const next = clock.nextMs();
      if (next !== undefined) clock.step(next);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await over;
    return clock.nowMs() - begunMs;
  }

  test("waits for the next one to start, but not for ever", async () => {
    for (const last of [undefined, "own"]) {
      holder = last;
      const ms = await lasts();
      assert.ok(ms >= 5_000 && ms <= 7_000, `${ms} ms`);
    }
    assert.equal(told, 0);
  });

  test("waits for nobody when its peering ends", async () => {
    address = undefined;
    assert.ok((await lasts()) <= 100);
  });

  test("goes on until nodes were told of the next one, and have turned to it", async () => {
    const ms = await lasts((passedMs) => {
      if (passedMs >= 500) holder = "heir";
      if (passedMs >= 1_000) address = "10.244.0.6";
    });
    assert.ok(ms >= 1_500 && ms <= 2_000, `${ms} ms`);
    assert.equal(told, 1);
  });

  test("does not wait for ever for controllers that tell nobody", async () => {
    holder = "heir";
    assert.ok((await lasts()) <= 4_000);
    assert.equal(told, 1);
  });
});
