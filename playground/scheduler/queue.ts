/**
 * Pods that wait for a node: the highest priority first, then who came first. Those that fit nowhere stand aside until
 * the cluster changes, those that failed until their back-off is over.
 * Kubernetes: pkg/scheduler/backend/queue/scheduling_queue.go, framework/plugins/queuesort/priority_sort.go
 */
import { type Clock, systemClock } from "#base/clock.ts";

// As a controller's queue: first soon, then later and later.
const BACKOFF_BASE_MS = 5;
const BACKOFF_MAX_MS = 60_000;
// Pods that fit nowhere are tried again after this even if nothing seems to change (upstream: 5 min flush).
export const FLUSH_MS = 60_000;

interface Aside {
  readonly priority: number;
  readonly isUnschedulable: boolean;
  readonly cancel: () => void;
}

/** For one consumer: a key that is added while it is worked on is given out once more. */
export class SchedulingQueue {
  readonly #after: Clock["after"];
  /** By priority, in the order of arrival. */
  readonly #active = new Map<number, Set<string>>();
  readonly #priorities = new Map<string, number>();
  readonly #aside = new Map<string, Aside>();
  readonly #failures = new Map<string, number>();
  #getter: ((key: string | undefined) => void) | undefined;
  #closed = false;

  constructor(after: Clock["after"] = systemClock.after) {
    this.#after = after;
  }

  /** Due at once, whatever it waited for before. */
  add(key: string, priority: number): void {
    if (this.#closed || this.#priorities.get(key) === priority) return;
    this.#remove(key);
    const getter = this.#getter;
    if (getter !== undefined) {
      this.#getter = undefined;
      getter(key);
      return;
    }
    this.#priorities.set(key, priority);
    const level = this.#active.get(priority) ?? new Set<string>();
    this.#active.set(priority, level.add(key));
  }

  /** It fits nowhere: due when `retryUnschedulable` is called, or after a while. */
  addUnschedulable(key: string, priority: number): void {
    this.#standAside(key, priority, FLUSH_MS, true);
  }

  /** It failed: due after its own back-off, which `forget` resets. */
  addBackoff(key: string, priority: number): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#standAside(key, priority, Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** failures), false);
  }

  /** The cluster has changed: what fitted nowhere may fit now. */
  retryUnschedulable(): void {
    for (const [key, { priority, isUnschedulable }] of [...this.#aside]) if (isUnschedulable) this.add(key, priority);
  }

  /** What was decided about the key counts: the next failure is the first. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** The pod is gone, or has a node. */
  delete(key: string): void {
    this.#remove(key);
    this.forget(key);
  }

  /** The next key; undefined once the queue is closed. */
  get(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const [next] = this.#active.get(Math.max(...this.#active.keys())) ?? [];
    if (next !== undefined) {
      this.#remove(next);
      return Promise.resolve(next);
    }
    return new Promise((resolve) => {
      this.#getter = resolve;
    });
  }

  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#aside.values()) cancel();
    this.#aside.clear();
    this.#active.clear();
    this.#priorities.clear();
    this.#getter?.(undefined);
  }

  #standAside(key: string, priority: number, delayMs: number, isUnschedulable: boolean): void {
    // What was added while it was worked on does not wait.
    if (this.#closed || this.#priorities.has(key)) return;
    this.#remove(key);
    const cancel = this.#after(delayMs, () => this.add(key, priority));
    this.#aside.set(key, { priority, isUnschedulable, cancel });
  }

  #remove(key: string): void {
    this.#aside.get(key)?.cancel();
    this.#aside.delete(key);
    const priority = this.#priorities.get(key);
    if (priority === undefined) return;
    this.#priorities.delete(key);
    const level = this.#active.get(priority);
    level?.delete(key);
    if (level?.size === 0) this.#active.delete(priority);
  }
}
