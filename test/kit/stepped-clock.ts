/** A clock that a test steps: what is due runs, in order, at the moment that the test says. */
import type { Clock } from "#base/clock.ts";

export interface SteppedClock extends Clock {
  /** Lets that much time pass. */
  readonly step: (ms: number) => void;
  /** How long until what comes next; undefined: nothing waits. */
  readonly nextMs: () => number | undefined;
  /** The same, as soon as something waits: whoever works between two waits has then done it. */
  readonly waiting: () => Promise<number>;
}

/** At `epochMs` when it begins; its monotonic time begins at 0. */
export function steppedClock(epochMs = Date.UTC(2030, 0, 1)): SteppedClock {
  let nowMs = 0;
  const waiting = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  let hasBegun = Promise.withResolvers<void>();
  const byTime = () => [...waiting].sort((a, b) => a.dueMs - b.dueMs);
  const nextMs = (): number | undefined => {
    const [next] = byTime();
    return next === undefined ? undefined : next.dueMs - nowMs;
  };
  return {
    epochMs: () => epochMs + nowMs,
    nowMs: () => nowMs,
    after: (delayMs, run) => {
      // Due already, and no step might come any more.
      if (delayMs <= 0) {
        const soon = setImmediate(run);
        return () => clearImmediate(soon);
      }
      const entry = { dueMs: nowMs + delayMs, run };
      waiting.add(entry);
      hasBegun.resolve();
      hasBegun = Promise.withResolvers();
      return () => waiting.delete(entry);
    },
    step: (ms) => {
      nowMs += ms;
      for (const entry of byTime()) {
        if (entry.dueMs > nowMs) return;
        if (waiting.delete(entry)) entry.run();
      }
    },
    nextMs,
    waiting: async () => {
      for (;;) {
        const ms = nextMs();
        if (ms !== undefined) return ms;
        await hasBegun.promise;
      }
    },
  };
}
