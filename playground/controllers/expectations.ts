/**
 * Remembers writes that the informer has not shown yet, so that a controller does not repeat them from a stale cache.
 * Kubernetes: pkg/controller/controller_utils.go (ControllerExpectations)
 */
import type { KubeObject } from "#machinery/meta.ts";

// Kubernetes: ExpectationsTimeout. After this the cache is believed again.
const TIMEOUT_MS = 5 * 60_000;

interface Pending {
  readonly created: Map<string, number>;
  readonly deleted: Map<string, number>;
}

export class Expectations {
  readonly #pending = new Map<string, Pending>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  created(key: string, uid: string): void {
    this.#of(key).created.set(uid, this.#nowMs());
  }

  deleted(key: string, uid: string): void {
    this.#of(key).deleted.set(uid, this.#nowMs());
  }

  /** Whether the cache has caught up; `find` looks for a uid in it. */
  satisfied(key: string, find: (uid: string) => KubeObject | undefined): boolean {
    const pending = this.#pending.get(key);
    if (pending === undefined) return true;
    const old = this.#nowMs() - TIMEOUT_MS;
    const isLive = (object: KubeObject | undefined): boolean =>
      object !== undefined && object.metadata?.deletionTimestamp === undefined;
    for (const [uid, at] of pending.created) if (find(uid) !== undefined || at < old) pending.created.delete(uid);
    for (const [uid, at] of pending.deleted) if (!isLive(find(uid)) || at < old) pending.deleted.delete(uid);
    if (pending.created.size > 0 || pending.deleted.size > 0) return false;
    this.#pending.delete(key);
    return true;
  }

  forget(key: string): void {
    this.#pending.delete(key);
  }

  #of(key: string): Pending {
    const pending = this.#pending.get(key) ?? {
      created: new Map<string, number>(),
      deleted: new Map<string, number>(),
    };
    this.#pending.set(key, pending);
    return pending;
  }
}
