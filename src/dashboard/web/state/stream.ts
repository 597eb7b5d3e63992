/**
 * The stream of changes, and what to do when it breaks. The browser reconnects by itself after a network error, with the id
 * of the last event; after an answer that is no stream it gives up, and this tries again, later and later.
 */
import type { Clock } from "#base/clock.ts";
import type { Delta, Picture, Samples } from "../../model/protocol.ts";

export type Connection = "connecting" | "live" | "lost";

export interface StreamHandlers {
  readonly picture: (picture: Picture) => void;
  readonly delta: (delta: Delta) => void;
  readonly samples: (samples: Samples) => void;
  readonly connection: (state: Connection) => void;
}

/** What is used of the browser's EventSource. */
export interface Source {
  readonly readyState: number;
  readonly addEventListener: (type: string, handler: (event: { readonly data?: unknown }) => void) => void;
  readonly close: () => void;
}

const CLOSED = 2;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 10_000;

/** Returns what ends it. */
export function openStream(open: () => Source, clock: Clock, handlers: StreamHandlers): () => void {
  let source: Source | undefined;
  let cancelRetry: () => void = () => undefined;
  let retryMs = FIRST_RETRY_MS;
  const connect = (): void => {
    const opened = open();
    source = opened;
    const on = <T>(type: string, handle: (value: T) => void): void =>
      opened.addEventListener(type, ({ data }) => {
        if (typeof data === "string") handle(JSON.parse(data) as T);
      });
    opened.addEventListener("open", () => {
      retryMs = FIRST_RETRY_MS;
      handlers.connection("live");
    });
    on<Picture>("picture", handlers.picture);
    on<Delta>("delta", handlers.delta);
    on<Samples>("samples", handlers.samples);
    opened.addEventListener("error", () => {
      handlers.connection("lost");
      if (opened.readyState !== CLOSED) return;
      opened.close();
      cancelRetry = clock.after(retryMs, connect);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    });
  };
  handlers.connection("connecting");
  connect();
  return () => {
    cancelRetry();
    source?.close();
  };
}
