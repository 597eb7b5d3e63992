/**
 * A de-duplicating queue of keys: a key waiting is queued once, a key in work is never given to a second worker and
 * comes back afterwards if it was added meanwhile. Failures come back later and later.
 * Kubernetes: client-go/util/workqueue (queue.go, delaying_queue.go, default_rate_limiters.go)
 */
import { type Clock, systemClock } from "#base/clock.ts";
import { Metrics } from "#base/metrics.ts";
import { type QueueMetrics, queueMetrics } from "./metrics.ts";

// client-go: DefaultControllerRateLimiter, per item 5 ms … 1000 s. The ceiling is lower here: a peer that is back should be noticed.
const FAILURE_BASE_MS = 5;
const FAILURE_MAX_MS = 60_000;

export interface QueueOptions {
  /** When what is to come later comes. */
  readonly clock?: Clock;
  /** Default: nobody looks. */
  readonly metrics?: QueueMetrics;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #metrics: QueueMetrics;
  /** Since when, in ms. */
  readonly #waiting = new Map<string, number>();
  readonly #working = new Map<string, number>();
  readonly #again = new Set<string>();
  readonly #timers = new Map<string, { cancel: () => void; dueMs: number }>();
  readonly #failures = new Map<string, number>();
  /** Since when what a key stands for has not been seen to. */
  readonly #dueSince = new Map<string, number>();
  readonly #getters: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor({ clock = systemClock, metrics = queueMetrics(new Metrics(), "") }: QueueOptions = {}) {
    this.#clock = clock;
    this.#metrics = metrics;
  }

  add(key: string): void {
    if (this.#closed || this.#waiting.has(key) || this.#again.has(key)) return;
    this.#metrics.added();
    if (!this.#dueSince.has(key)) this.#dueSince.set(key, this.#clock.nowMs());
    if (this.#working.has(key)) {
      this.#again.add(key);
      return;
    }
    this.#clearTimer(key);
    const getter = this.#getters.shift();
    if (getter === undefined) {
      this.#waiting.set(key, this.#clock.nowMs());
      this.#metrics.depth(this.#waiting.size);
    } else this.#hand(key, getter, 0);
  }

  /** Adds the key after `delayMs`, or earlier if it is already due earlier. */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.nowMs() + delayMs;
    const pending = this.#timers.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    this.#clearTimer(key);
    const cancel = this.#clock.after(delayMs, () => {
      this.#timers.delete(key);
      this.add(key);
    });
    this.#timers.set(key, { cancel, dueMs });
  }

  /** Adds the key after its own back-off, which `forget` resets. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#metrics.retried();
    this.addAfter(key, Math.min(FAILURE_MAX_MS, FAILURE_BASE_MS * 2 ** failures));
  }

  /** How long ago the key came, failures since then included. */
  ageMs(key: string): number {
    const nowMs = this.#clock.nowMs();
    return nowMs - (this.#dueSince.get(key) ?? nowMs);
  }

  /** What the key stands for is seen to, or given up. */
  forget(key: string): void {
    this.#failures.delete(key);
    this.#dueSince.delete(key);
  }

  /** The next key; undefined once the queue is closed. Call `done` with the key when the work is over. */
  get(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const [next] = this.#waiting;
      if (next === undefined) {
        this.#getters.push(resolve);
        return;
      }
      const [key, sinceMs] = next;
      this.#waiting.delete(key);
      this.#metrics.depth(this.#waiting.size);
      this.#hand(key, resolve, this.#clock.nowMs() - sinceMs);
    });
  }

  done(key: string): void {
    const sinceMs = this.#working.get(key);
    if (sinceMs !== undefined) this.#metrics.done(this.#clock.nowMs() - sinceMs);
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  get length(): number {
    return this.#waiting.size;
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#waiting.clear();
    this.#metrics.depth(0);
    for (const getter of this.#getters.splice(0)) getter(undefined);
  }

  #hand(key: string, getter: (key: string) => void, waitedMs: number): void {
    this.#metrics.taken(waitedMs);
    this.#working.set(key, this.#clock.nowMs());
    getter(key);
  }

  #clearTimer(key: string): void {
    const pending = this.#timers.get(key);
    if (pending === undefined) return;
    pending.cancel();
    this.#timers.delete(key);
  }
}
