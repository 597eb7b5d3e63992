/** The machine's clock, on which a test lets days pass at once: what is due by then runs, the rest goes on waiting. */
import type { Clock } from "#base/clock.ts";

export interface JumpingClock extends Clock {
  readonly jump: (ms: number) => void;
}

/** At `epochMs` when it begins. */
export function jumpingClock(epochMs: number): JumpingClock {
  const begunMs = performance.now();
  let jumpedMs = 0;
  const waiting = new Set<{ readonly dueMs: number; readonly run: () => void; timer: NodeJS.Timeout }>();
  const nowMs = (): number => performance.now() + jumpedMs;
  return {
    nowMs,
    epochMs: () => epochMs + nowMs() - begunMs,
    after: (delayMs, run) => {
      const entry = {
        dueMs: nowMs() + delayMs,
        run: () => {
          waiting.delete(entry);
          run();
        },
        timer: setTimeout(() => entry.run(), delayMs),
      };
      waiting.add(entry);
      return () => {
        clearTimeout(entry.timer);
        waiting.delete(entry);
      };
    },
    jump: (ms) => {
      jumpedMs += ms;
      for (const entry of [...waiting].sort((a, b) => a.dueMs - b.dueMs)) {
        clearTimeout(entry.timer);
        entry.timer = setTimeout(entry.run, Math.max(0, entry.dueMs - nowMs()));
      }
    },
  };
}
