/**
 * Keeps a local copy of one resource by list and watch, and tells handlers of each change.
 * The watch is a state machine: Listing → Watching → (ended) Watching from the last revision, or (expired, failed) Listing.
 * Kubernetes: client-go/tools/cache (reflector.go, shared_informer.go)
 */
import { Backoff } from "#base/backoff.ts";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { freezeDeeply } from "#base/freeze.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import { formatKey, isLater, type KubeObject, keyOf } from "#machinery/meta.ts";
import { isExpired, isNotFound } from "#machinery/status-error.ts";
import type { KubeClient } from "../client/client.ts";
import { Store } from "./store.ts";

/** Which objects of a resource; by default all. */
export interface InformerScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** As in ListOptions. */
  readonly metadataOnly?: boolean;
}

export interface InformerOptions<T> extends InformerScope {
  /** Runs before an object is stored: drop what nobody reads. Must return a new or the same object. */
  readonly transform?: (object: T) => T;
  /** Default false: they are half of an object's memory, and a write without them leaves them as they are. */
  readonly keepsManagedFields?: boolean;
  /** Told of each list or watch that failed, before it is begun anew. */
  readonly onFailure?: (error: unknown) => void;
  /** How long the watch may be behind what was written before it is begun anew on another connection. Default 10 s. */
  readonly mostLagMs?: number;
  readonly clock?: Clock;
  /** How long each watch lasts. Default: Math.random. */
  readonly random?: () => number;
}

export interface Handler<T> {
  /** `initial` is true for objects of the first list. */
  added?(object: T, initial: boolean): void;
  updated?(object: T, previous: T): void;
  deleted?(object: T): void;
}

// A server ends watches by itself at random after 5 to 10 minutes (client-go: minWatchTimeout).
const WATCH_SECONDS = 300;
const MOST_LAG_MS = 10_000;

export class Informer<T extends KubeObject> implements AsyncDisposable {
  readonly resource: Resource<T>;
  readonly store = new Store<T>();
  /** Resolves when the first list is in the store; rejects never, it waits for the server. */
  readonly synced: Promise<void>;
  readonly #client: KubeClient;
  readonly #options: InformerOptions<T>;
  readonly #ctx: Context;
  readonly #cancel: () => void;
  readonly #handlers = new Set<Handler<T>>();
  readonly #running: Promise<void>;
  #markSynced: () => void = () => undefined;
  #isSynced = false;
  #revision: string | undefined;
  #endWatch: () => void = () => undefined;
  #isBehind = false;

  constructor(ctx: Context, client: KubeClient, resource: Resource<T>, options: InformerOptions<T> = {}) {
    const { ctx: own, cancel } = withCancel(ctx);
    this.resource = resource;
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
    this.#client = client;
    this.#options = options;
    this.#ctx = { ...own, log: own.log.with({ informer: formatGroupResource(resource) }) };
    this.#cancel = cancel;
    this.#running = this.#run();
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** Whether one with these options would keep the same of each object. */
  keepsAlike({ transform, keepsManagedFields = false }: InformerOptions<T>): boolean {
    return transform === this.#options.transform && keepsManagedFields === (this.#options.keepsManagedFields ?? false);
  }

  /** Handlers hear of everything already in the store first, as `added`. The returned function removes the handler. */
  addHandler(handler: Handler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.store.list()) handler.added?.(object, true);
    return () => this.#handlers.delete(handler);
  }

  /**
   * Takes in what the API server answered to a write of an object within this informer's scope, so that whoever decides
   * next knows of it even while the watch is behind: after a loss of packets TCP may wait for minutes before it sends again.
   */
  observe(written: T): void {
    const revision = written.metadata?.resourceVersion;
    // Without a first list it is in the list that comes; what the watch is past may have been deleted since.
    if (this.#revision === undefined || !isLater(revision, this.#revision)) return;
    if (!this.#isOutdated(written)) this.#put(written);
    if (!this.#isBehind) void this.#catchUp(revision);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    const backoff = new Backoff({ baseMs: 100, maxMs: 10_000, random });
    while (!this.#ctx.signal.aborted) {
      try {
        if (this.#revision === undefined) await this.#list();
        await this.#watch(backoff);
      } catch (error) {
        if (this.#ctx.signal.aborted) return;
        // A lost connection resumes from the last revision; only an expired revision forces a new list.
        if (isExpired(error) || isNotFound(error)) this.#revision = undefined;
        if (!isExpired(error)) {
          this.#ctx.log.debug("list or watch failed", { error: messageOf(error) });
          this.#options.onFailure?.(error);
        }
        await sleep(this.#ctx, backoff.nextMs(), clock);
      }
    }
  }

  async #catchUp(revision: string | undefined): Promise<void> {
    this.#isBehind = true;
    const { mostLagMs = MOST_LAG_MS, clock } = this.#options;
    await sleep(this.#ctx, mostLagMs, clock);
    this.#isBehind = false;
    if (!isLater(revision, this.#revision)) return;
    this.#ctx.log.debug("the watch is behind", { revision: this.#revision, written: revision });
    this.#endWatch();
  }

  async #list(): Promise<void> {
    const present = new Set<string>();
    let revision: string | undefined;
    for await (const { items, metadata } of this.#client.pages(this.#ctx, this.resource, this.#scope())) {
      for (const object of items) {
        present.add(formatKey(keyOf(object)));
        this.#put(object);
      }
      revision = metadata.resourceVersion;
    }
    for (const object of this.store.list()) if (!present.has(formatKey(keyOf(object)))) this.#remove(object);
    this.#revision = revision ?? "0";
    if (!this.#isSynced) {
      this.#isSynced = true;
      this.#markSynced();
    }
  }

  async #watch(backoff: Backoff): Promise<void> {
    const { ctx, cancel } = withCancel(this.#ctx);
    this.#endWatch = cancel;
    const { random = Math.random } = this.#options;
    const options = {
      ...this.#scope(),
      resourceVersion: this.#revision ?? "0",
      timeoutSeconds: WATCH_SECONDS + Math.floor(random() * WATCH_SECONDS),
    };
    for await (const event of this.#client.watch(ctx, this.resource, options)) {
      backoff.reset();
      this.#revision = event.object.metadata?.resourceVersion ?? this.#revision;
      if (event.type === "DELETED") this.#remove(event.object);
      else if (event.type !== "BOOKMARK" && !this.#isOutdated(event.object)) this.#put(event.object);
    }
  }

  #scope(): InformerScope {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    return {
      ...(metadataOnly !== undefined && { metadataOnly }),
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
  }

  /** A write that was observed is already past it. */
  #isOutdated(object: T): boolean {
    return isLater(this.store.get(keyOf(object))?.metadata?.resourceVersion, object.metadata?.resourceVersion);
  }

  #put(received: T): void {
    const { transform, keepsManagedFields = false } = this.#options;
    const kept = keepsManagedFields ? received : withoutManagedFields(received);
    const object = freezeDeeply(transform?.(kept) ?? kept);
    const previous = this.store.put(object);
    if (previous?.metadata?.resourceVersion === object.metadata?.resourceVersion && previous !== undefined) return;
    for (const handler of this.#handlers) {
      this.#call(() =>
        previous === undefined ? handler.added?.(object, !this.#isSynced) : handler.updated?.(object, previous),
      );
    }
  }

  #remove(last: T): void {
    if (this.store.remove(keyOf(last)) === undefined) return;
    for (const handler of this.#handlers) this.#call(() => handler.deleted?.(last));
  }

  #call(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      this.#ctx.log.error("informer handler failed", { error: messageOf(error) });
    }
  }
}

function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}
