/**
 * CPU seconds of offloaded containers. The provider's metrics API has rates, while who asks a kubelet (metrics-server, for
 * `kubectl top`) wants counters and makes rates of them: so the rates are summed up over the time between two readings.
 */

interface Total {
  readonly seconds: number;
  readonly atMs: number;
}

/** A reader takes zero for a container that was not measured. */
const LEAST_SECONDS = 0.001;
/** Nobody has asked for so long: what was used meanwhile is unknown, and counts for no more than this. */
const LONGEST_MS = 300_000;

export class CpuSeconds {
  #totals: ReadonlyMap<string, Total> = new Map();
  #all = LEAST_SECONDS;

  /** The totals of those with a rate (in cores), by the same keys; the others are forgotten. */
  advance(cores: ReadonlyMap<string, number>, nowMs: number): ReadonlyMap<string, number> {
    this.#totals = new Map(
      [...cores].map(([key, rate]) => {
        const { seconds, atMs } = this.#totals.get(key) ?? { seconds: LEAST_SECONDS, atMs: nowMs };
        const more = (rate * Math.min(Math.max(0, nowMs - atMs), LONGEST_MS)) / 1000;
        this.#all += more;
        return [key, { seconds: seconds + more, atMs: nowMs }];
      }),
    );
    return new Map([...this.#totals].map(([key, { seconds }]) => [key, seconds]));
  }

  /** Of all together, those that are gone included: a counter of the node must not fall when a pod goes. */
  node(): number {
    return this.#all;
  }
}
