/**
 * Between the dashboard's server and its page. All times are milliseconds since 1970, all answers are JSON, errors are
 * `{ error, hint? }` with an HTTP status.
 */
import type { Health, Item, ItemKey } from "./items.ts";

/** GET /api/about */
export interface About {
  readonly version: string;
  /** Whether POST /api/actions is allowed. */
  readonly actions: boolean;
  /** Whether the clusters are of a playground, where links can be cut and clusters stopped. */
  readonly playground: boolean;
  /** Whether GET /api/shell is allowed. */
  readonly shell: boolean;
  /** How far back history goes at most. */
  readonly historyMs: number;
}

/**
 * GET /api/stream, server-sent events. `picture` comes first and whenever deltas were lost; `delta` follows. The event's id
 * is its sequence number; a reader that comes back with Last-Event-ID gets what it missed.
 */
export interface Picture {
  readonly at: number;
  readonly items: readonly Item[];
}

export interface Delta {
  readonly at: number;
  readonly put: readonly Item[];
  readonly removed: readonly ItemKey[];
}

/** Event `samples` of the stream: measured every few seconds, not part of history's items. */
export interface Samples {
  readonly at: number;
  readonly peerings: readonly PeeringSample[];
}

export interface PeeringSample {
  readonly key: ItemKey;
  readonly latencyMs?: number;
  /** Bytes per second through the tunnel. */
  readonly received?: number;
  readonly sent?: number;
  /** 0 to 1, of the connection check's messages. */
  readonly loss?: number;
}

/** GET /api/picture?at=: a Picture as it was then. GET /api/samples?from=&to=: Samples[]. */

/** GET /api/history?from=&to=[&key=][&limit=]: newest first. */
export interface Change {
  readonly at: number;
  readonly key: ItemKey;
  /** Field manager or component that wrote last, where the object says it. */
  readonly who?: string;
  readonly before?: Item;
  readonly after?: Item;
  /** One line for a person: `pod web-1 moved from liqo-rome to worker-1`. */
  readonly says: string;
  readonly health?: Health;
}

/** GET /api/marks?from=&to=&buckets=: how much happened when, for the slider. */
export interface Marks {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly { readonly changes: number; readonly bad: number }[];
}

/** GET /api/why?key=: as `liqoctl why -o json`. */
export interface Why {
  readonly kind: string;
  readonly whole: boolean;
  readonly links: readonly {
    readonly link: string;
    readonly state: "ok" | "broken" | "unknown";
    readonly says: string;
    readonly hint?: string;
  }[];
}

/** GET /api/events?key=: of the object and of its twin, newest first. */
export interface ObjectEvent {
  readonly at: number;
  readonly cluster: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly from: string;
}

/** GET /api/object?key=: text/yaml without managedFields and without what is secret. */
/** GET /api/logs?key=&container=&tail=[&follow=1]: text/plain, streamed. */

/** POST /api/actions, with `Content-Type: application/json`. `plan: true` only says the command. */
export type Action =
  | { readonly action: "delete-pod"; readonly key: ItemKey }
  | { readonly action: "cordon" | "uncordon"; readonly key: ItemKey }
  | { readonly action: "scale"; readonly key: ItemKey; readonly replicas: number }
  | { readonly action: "offload" | "unoffload"; readonly key: ItemKey }
  | { readonly action: "cut" | "heal"; readonly key: ItemKey }
  | { readonly action: "stop-cluster" | "start-cluster"; readonly key: ItemKey };

export interface ActionRequest {
  readonly request: Action;
  readonly plan: boolean;
}

export interface ActionAnswer {
  /** The command that does the same: `kubectl --context milan -n shop delete pod web-1`. */
  readonly command: string;
  readonly done: boolean;
  readonly says?: string;
}

/**
 * GET /api/shell?key=&container=: ShellPlan. As a WebSocket of this protocol it opens the shell. Binary messages are what is
 * typed, and what is to be shown; texts are ShellSaid from the page and ShellTold to it.
 */
export const SHELL_PROTOCOL = "shell.liqo.io";

export interface ShellPlan {
  /** `kubectl --context milan -n shop exec -it web-1 -c web -- /bin/sh -c '…'` */
  readonly command: string;
}

export type ShellSaid =
  | { readonly is: "size"; readonly columns: number; readonly rows: number }
  /** So many bytes more were drawn: without it no more come. */
  | { readonly is: "read"; readonly bytes: number };

/** After `ended` and `failed` the connection is closed. */
export type ShellTold =
  | { readonly is: "open" }
  | { readonly is: "ended"; readonly exitCode: number }
  | { readonly is: "failed"; readonly message: string };
