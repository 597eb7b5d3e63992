/**
 * Watches: a stream of JSON frames from a revision on, with bookmarks and synthetic events where an object enters or
 * leaves the selection. Kubernetes: apiserver/pkg/endpoints/handlers/watch.go, apiserver/pkg/storage/etcd3/watcher.go
 */
import { apiVersionOf } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { invalidObject, StatusError } from "#machinery/status-error.ts";
import type { StoreEvent } from "#playground/store/history.ts";
import { StoreError } from "#playground/store/store.ts";
import { type Call, type Core, inVersion, keyPrefix } from "../core.ts";
import { isTrue } from "../request-info.ts";
import { expired, parseInteger, parseRevision } from "./list.ts";
import { parseSelection, type Selection } from "./selection.ts";

export type WatchType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

/** Where the frames go; server.ts writes them to the response. */
export interface WatchSink {
  send(type: WatchType, object: object): void;
  end(): void;
  /** Ends when the client has gone. */
  readonly signal: AbortSignal;
}

// Kubernetes: storage/cacher sends bookmarks about once a minute
const BOOKMARK_INTERVAL_MS = 30_000;
// … and once more this long before the watch ends.
const LAST_BOOKMARK_MS = 2_000;
// --min-request-timeout: watches last between it and twice as long
const DEFAULT_TIMEOUT_SECONDS = 1800;
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** What was asked; throws a StatusError while nothing has been sent. */
export function startWatch(core: Core, call: Call, sink: WatchSink): void {
  const { query } = call;
  const selection = ofName(call.name, parseSelection(call.served.strategy, query));
  const initial = parseInitialEvents(query);
  const revision = parseRevision(query.get("resourceVersion") ?? "");
  const timeout = parseInteger(query.get("timeoutSeconds")) || DEFAULT_TIMEOUT_SECONDS * (1 + core.random());
  const bookmarks = isTrue(query.get("allowWatchBookmarks"));
  const stream = new WatchStream(core, call, { selection, sink, bookmarks });
  const wantsState = initial ?? revision === 0;
  stream.start({ wantsState, revision, timeoutMs: timeout * 1000 });
}

/** The old paths, `/api/v1/watch/…`, may name one object. */
function ofName(name: string, selection: Selection): Selection {
  if (name === "") return selection;
  return { ...selection, name, matches: (object) => object.metadata?.name === name && selection.matches(object) };
}

function parseInitialEvents(query: URLSearchParams): boolean | undefined {
  const text = query.get("sendInitialEvents");
  const match = query.get("resourceVersionMatch") ?? "";
  const fail = (field: string, message: string): never => {
    throw invalidObject({ group: "meta.k8s.io", kind: "ListOptions" }, "", [
      { reason: "FieldValueForbidden", field, message: `Forbidden: ${message}` },
    ]);
  };
  // A watch from now or from any revision is one with initial events.
  const isFromAny = ["", "0"].includes(query.get("resourceVersion") ?? "");
  if ((query.get("continue") ?? "") !== "" && (isFromAny || match !== ""))
    fail("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided");
  if (text === null || text === "") {
    if (match !== "")
      fail("resourceVersionMatch", "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
    return undefined;
  }
  if (match !== "NotOlderThan") {
    fail("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
  }
  return isTrue(text);
}

interface StreamInput {
  readonly selection: Selection;
  readonly sink: WatchSink;
  readonly bookmarks: boolean;
}

interface StreamStart {
  readonly wantsState: boolean;
  readonly revision: number;
  readonly timeoutMs: number;
}

class WatchStream {
  readonly #core: Core;
  readonly #call: Call;
  readonly #input: StreamInput;
  #unsubscribe: () => void = () => undefined;
  #revision = 0;

  constructor(core: Core, call: Call, input: StreamInput) {
    this.#core = core;
    this.#call = call;
    this.#input = input;
  }

  start({ wantsState, revision, timeoutMs }: StreamStart): void {
    const { store } = this.#core;
    const prefix = keyPrefix(this.#call.served, this.#call.namespace);
    if (wantsState) {
      this.#revision = store.revision;
      for (const entry of store.list(prefix)) {
        if (this.#input.selection.matches(entry.value)) this.#send("ADDED", entry.value);
      }
      if (this.#input.bookmarks) this.#bookmark({ [INITIAL_EVENTS_END]: "true" });
    } else {
      this.#revision = revision === 0 ? store.revision : revision;
    }
    try {
      const onEvent = (event: StoreEvent<KubeObject>): void => this.#onEvent(event);
      this.#unsubscribe = store.watch({ prefix, fromRevision: Math.min(this.#revision, store.revision), onEvent });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#fail(expired(error.message));
      return;
    }
    this.#untilEnd(timeoutMs);
  }

  #untilEnd(timeoutMs: number): void {
    const { sink, bookmarks } = this.#input;
    const { clock } = this.#core;
    const none = (): void => undefined;
    let stopTicking = none;
    const tick = (): void => {
      stopTicking = clock.after(BOOKMARK_INTERVAL_MS, () => {
        this.#bookmark();
        tick();
      });
    };
    if (bookmarks) tick();
    const lastMs = timeoutMs - LAST_BOOKMARK_MS;
    const stopLast = bookmarks && lastMs > 0 ? clock.after(lastMs, () => this.#bookmark()) : none;
    const finish = (): void => {
      stopTicking();
      stopLast();
      stopDeadline();
      this.#unsubscribe();
    };
    const stopDeadline = clock.after(timeoutMs, () => {
      finish();
      sink.end();
    });
    if (sink.signal.aborted) finish();
    else sink.signal.addEventListener("abort", finish, { once: true });
  }

  #onEvent(event: StoreEvent<KubeObject>): void {
    const { selection } = this.#input;
    // A revision of the future was asked for (a restored backup): what is older than it stays unsaid.
    if (event.revision <= this.#revision) return;
    this.#revision = event.revision;
    const was = event.previous !== undefined && selection.matches(event.previous);
    const is = event.type !== "DELETED" && selection.matches(event.value);
    if (is) this.#send(was ? "MODIFIED" : "ADDED", event.value);
    else if (was) this.#send("DELETED", this.#lastState(event));
  }

  /** An object that left the selection is reported as it last was inside, with the revision of the event. */
  #lastState(event: StoreEvent<KubeObject>): KubeObject {
    if (event.type === "DELETED" || event.previous === undefined) return event.value;
    const resourceVersion = String(event.revision);
    return { ...event.previous, metadata: { ...event.previous.metadata, resourceVersion } };
  }

  #send(type: WatchType, object: KubeObject): void {
    this.#input.sink.send(type, inVersion(this.#call.served, object));
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { resource } = this.#call.served.strategy;
    const metadata = {
      // Everything up to here has been sent: the store reports events as they are committed.
      resourceVersion: String(Math.max(this.#revision, this.#core.store.revision)),
      ...(annotations !== undefined && { annotations }),
    };
    this.#input.sink.send("BOOKMARK", { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata });
  }

  #fail(error: Error): void {
    if (error instanceof StatusError) this.#input.sink.send("ERROR", error.status);
    this.#input.sink.end();
  }
}
