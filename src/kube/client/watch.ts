/** Reads a watch response: one JSON object per line. Kubernetes: apimachinery/pkg/watch, client-go/rest/watch */
import type { IncomingMessage } from "node:http";
import { type Status, StatusError } from "#machinery/status-error.ts";

export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: T }
  | { readonly type: "BOOKMARK"; readonly object: { readonly metadata?: { readonly resourceVersion?: string } } };

/** Yields events in order; an ERROR event becomes a thrown StatusError. */
export async function* readWatchEvents<T>(response: IncomingMessage): AsyncGenerator<WatchEvent<T>> {
  for await (const line of readLines(response)) {
    const event = JSON.parse(line) as { type: string; object: unknown };
    if (event.type === "ERROR") throw new StatusError(event.object as Status);
    yield event as WatchEvent<T>;
  }
}

async function* readLines(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding("utf8");
  let pending = "";
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = (pending + chunk).split("\n");
    pending = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
  }
}
