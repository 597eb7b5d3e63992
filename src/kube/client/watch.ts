/** Reads a watch response: one JSON object per line. Kubernetes: apimachinery/pkg/watch, client-go/rest/watch */
import type { Readable } from "node:stream";
import { failure, type Status, StatusError } from "#machinery/status-error.ts";

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly object: { readonly metadata?: { readonly resourceVersion?: string } } };

/** Yields events in order; an ERROR event becomes a thrown StatusError. */
export async function* readWatchEvents<T>(response: Readable): AsyncGenerator<WatchEvent<T>> {
  for await (const line of readLines(response)) {
    const event = JSON.parse(line) as { type: string; object: unknown };
    if (event.type === "ERROR") throw new StatusError(event.object as Status);
    yield event as WatchEvent<T>;
  }
}

// etcd takes requests of 1.5 MiB; managed fields and escapes make no eight times as much of it.
const MOST_CHARACTERS = 16 * 1024 * 1024;

/** Takes each byte up once: a line longer than a chunk is put together when its end has come. */
async function* readLines(response: Readable): AsyncGenerator<string> {
  response.setEncoding("utf8");
  let pending: string[] = [];
  let characters = 0;
  for await (const chunk of response as AsyncIterable<string>) {
    const [first = "", ...others] = chunk.split("\n");
    pending.push(first);
    characters += first.length;
    if (characters > MOST_CHARACTERS) {
      response.destroy();
      throw failure(413, "RequestEntityTooLarge", `an event of the watch has more than ${MOST_CHARACTERS} characters`);
    }
    const last = others.pop();
    if (last === undefined) continue;
    characters = last.length;
    for (const line of [pending.join(""), ...others]) if (line !== "") yield line;
    pending = [last];
  }
}
