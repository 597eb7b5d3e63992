import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionRestarts } from "./session-restarts.ts";

test("a handshake begins anew each half second at first, then more and more seldom, and at once after success", () => {
  const restarts = new SessionRestarts();
  const early = dueTimes(restarts, 0, 10_000);
  assert.deepEqual(
    early,
    Array.from({ length: 20 }, (_, i) => (i + 1) * 500),
  );
  const later = dueTimes(restarts, 10_250, 60_000);
  const pauses = later.slice(1).map((at, i) => at - (later[i] ?? 0));
  assert.ok(Math.max(...pauses) > 7_000 && Math.max(...pauses) <= 10_250, `${pauses}`);
  restarts.reset();
  assert.deepEqual(dueTimes(restarts, 100_000, 101_000), [100_000, 100_500, 101_000]);
});

/** Asked each 250 ms, as the ping does. */
function dueTimes(restarts: SessionRestarts, fromMs: number, toMs: number): number[] {
  const times: number[] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 250) if (restarts.isDue(nowMs)) times.push(nowMs);
  return times;
}
