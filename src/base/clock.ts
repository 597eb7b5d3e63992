/**
 * What time it is, and what comes later: whoever waits or compares times takes one, so that a test can step it.
 * Only `cmd` and this file ask the machine. Modelled on k8s.io/utils/clock
 */

export interface Clock {
  /** Milliseconds since 1970, as objects and certificates write it; may jump. */
  readonly epochMs: () => number;
  /** Milliseconds on a clock that never goes back, from whenever. */
  readonly nowMs: () => number;
  /** Runs once after that time, unless the returned function is called before. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

export const systemClock: Clock = {
  epochMs: () => Date.now(),
  nowMs: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
