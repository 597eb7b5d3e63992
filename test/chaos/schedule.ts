/** Which faults come when. Pure: a seed names a schedule. */
import { Random } from "./random.ts";

export interface Step {
  /** One, or two at once. */
  readonly faults: readonly string[];
  /** From the first one's beginning to the second's. */
  readonly staggerMs: number;
}

const MOST_STAGGER_MS = 3_000;

/** Without end. Every fault comes once by itself before one comes again; between two of them come pairs. */
export function* schedule(seed: number, names: readonly string[]): Generator<Step, never> {
  const random = new Random(seed);
  for (;;) {
    for (const name of random.shuffled(names)) {
      yield { faults: [name], staggerMs: 0 };
      yield { faults: random.shuffled(names).slice(0, 2), staggerMs: random.between(0, MOST_STAGGER_MS) };
    }
  }
}
