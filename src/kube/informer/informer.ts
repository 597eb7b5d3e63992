/**
 * Keeps a local copy of one resource by list and watch, and tells handlers of each change.
 * The watch is a state machine: Listing → Watching → (ended) Watching from the last revision, or (expired, failed) Listing.
 * Kubernetes: client-go/tools/cache (reflector.go, shared_informer.go)
 */
import { Backoff } from "#base/backoff.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf } from "#machinery/meta.ts";
import { isExpired, isNotFound } from "#machinery/status-error.ts";
import type { KubeClient } from "../client/client.ts";
import { type IndexFunction, Store } from "./store.ts";

export interface InformerOptions<T> {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Runs before an object is stored: drop what nobody reads. Must return a new or the same object. */
  readonly transform?: (object: T) => T;
  /** Default false: they are half of an object's memory, and a write without them leaves them as they are. */
  readonly keepsManagedFields?: boolean;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
}

export interface Handler<T> {
  /** `initial` is true for objects of the first list. */
  added?(object: T, initial: boolean): void;
  updated?(object: T, previous: T): void;
  deleted?(object: T): void;
}

// A server ends watches by itself at random after 5 to 10 minutes (client-go: minWatchTimeout).
const WATCH_SECONDS = 300;

export class Informer<T extends KubeObject> implements AsyncDisposable {
  readonly resource: Resource<T>;
  readonly store: Store<T>;
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

  constructor(ctx: Context, client: KubeClient, resource: Resource<T>, options: InformerOptions<T> = {}) {
    const { ctx: own, cancel } = withCancel(ctx);
    this.resource = resource;
    this.store = new Store<T>(options.indexes ?? {});
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

  /** Handlers hear of everything already in the store first, as `added`. The returned function removes the handler. */
  addHandler(handler: Handler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.store.list()) handler.added?.(object, true);
    return () => this.#handlers.delete(handler);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await this.#running;
  }

  async #run(): Promise<void> {
    const backoff = new Backoff({ baseMs: 100, maxMs: 10_000 });
    while (!this.#ctx.signal.aborted) {
      try {
        if (this.#revision === undefined) await this.#list();
        await this.#watch(backoff);
      } catch (error) {
        if (this.#ctx.signal.aborted) return;
        // A lost connection resumes from the last revision; only an expired revision forces a new list.
        if (isExpired(error) || isNotFound(error)) this.#revision = undefined;
        if (!isExpired(error)) this.#ctx.log.debug("list or watch failed", { error: messageOf(error) });
        await sleep(this.#ctx, backoff.nextMs());
      }
    }
  }

  async #list(): Promise<void> {
    const { namespace, labelSelector, fieldSelector } = this.#options;
    const scope = {
      ...(namespace !== undefined && { namespace }),
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
    const present = new Set<string>();
    let revision: string | undefined;
    for await (const { items, metadata } of this.#client.pages(this.#ctx, this.resource, scope)) {
      for (const object of items) {
        present.add(formatKey(keyOf(object)));
        this.#put(object);
      }
      revision = metadata.resourceVersion;
    }
    for (const key of this.store.keys()) if (!present.has(key)) this.#remove(key);
    this.#revision = revision ?? "0";
    if (!this.#isSynced) {
      this.#isSynced = true;
      this.#markSynced();
    }
  }

  async #watch(backoff: Backoff): Promise<void> {
    const { transform: _transform, keepsManagedFields: _keeps, indexes: _indexes, ...scope } = this.#options;
    const resourceVersion = this.#revision ?? "0";
    const timeoutSeconds = WATCH_SECONDS + Math.floor(Math.random() * WATCH_SECONDS);
    for await (const event of this.#client.watch(this.#ctx, this.resource, {
      ...scope,
      resourceVersion,
      timeoutSeconds,
    })) {
      backoff.reset();
      this.#revision = event.object.metadata?.resourceVersion ?? this.#revision;
      if (event.type === "DELETED") this.#remove(formatKey(keyOf(event.object)), event.object);
      else if (event.type !== "BOOKMARK") this.#put(event.object);
    }
  }

  #put(received: T): void {
    const { transform, keepsManagedFields = false } = this.#options;
    const kept = keepsManagedFields ? received : withoutManagedFields(received);
    const object = Object.freeze(transform?.(kept) ?? kept);
    const previous = this.store.put(object);
    if (previous?.metadata?.resourceVersion === object.metadata?.resourceVersion && previous !== undefined) return;
    for (const handler of this.#handlers) {
      this.#call(() =>
        previous === undefined ? handler.added?.(object, !this.#isSynced) : handler.updated?.(object, previous),
      );
    }
  }

  #remove(key: string, last?: T): void {
    const previous = this.store.remove(key);
    const object = last ?? previous;
    if (previous === undefined || object === undefined) return;
    for (const handler of this.#handlers) this.#call(() => handler.deleted?.(object));
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
