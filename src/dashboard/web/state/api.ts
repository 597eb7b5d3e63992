/** Requests to the dashboard's server. Addresses are relative: behind an ingress the page may lie below a path. */
import type {
  About,
  ActionAnswer,
  ActionRequest,
  Change,
  Marks,
  ObjectEvent,
  Picture,
  Samples,
  ShellPlan,
  Why,
} from "../../model/protocol.ts";

class ApiError extends Error {
  readonly status: number;
  readonly hint: string | undefined;

  constructor(status: number, message: string, hint: string | undefined) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.hint = hint;
  }
}

export type Query = { readonly [name: string]: string | number | undefined };

export interface Api {
  readonly about: () => Promise<About>;
  readonly picture: (at: number) => Promise<Picture>;
  readonly history: (query: Query) => Promise<readonly Change[]>;
  readonly marks: (query: Query) => Promise<Marks>;
  readonly samples: (query: Query) => Promise<readonly Samples[]>;
  readonly why: (key: string, signal: AbortSignal) => Promise<Why>;
  readonly events: (key: string, signal: AbortSignal) => Promise<readonly ObjectEvent[]>;
  readonly object: (key: string, signal: AbortSignal) => Promise<string>;
  /** Gives each piece of text as it comes, and ends with the log. */
  readonly logs: (query: Query, signal: AbortSignal, got: (text: string) => void) => Promise<void>;
  readonly shell: (query: Query, signal: AbortSignal) => Promise<ShellPlan>;
  readonly act: (request: ActionRequest) => Promise<ActionAnswer>;
}

export function apiOf(fetched: typeof fetch): Api {
  const get = async (path: string, query: Query = {}, signal?: AbortSignal): Promise<Response> =>
    checked(await fetched(pathWith(path, query), signal === undefined ? {} : { signal }));
  const json = async <T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> =>
    (await (await get(path, query, signal)).json()) as T;
  return {
    about: () => json("api/about"),
    picture: (at) => json("api/picture", { at: Math.round(at) }),
    history: (query) => json("api/history", query),
    marks: (query) => json("api/marks", query),
    samples: (query) => json("api/samples", query),
    why: (key, signal) => json("api/why", { key }, signal),
    events: (key, signal) => json("api/events", { key }, signal),
    object: async (key, signal) => (await get("api/object", { key }, signal)).text(),
    logs: async (query, signal, got) => {
      const { body } = await get("api/logs", query, signal);
      if (body === null) return;
      for await (const text of textOf(body)) got(text);
    },
    shell: (query, signal) => json("api/shell", query, signal),
    act: async (request) => {
      const headers = { "Content-Type": "application/json" };
      const answer = await fetched("api/actions", { method: "POST", headers, body: JSON.stringify(request) });
      return (await (await checked(answer)).json()) as ActionAnswer;
    },
  };
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (let next = await reader.read(); !next.done; next = await reader.read())
    yield decoder.decode(next.value, { stream: true });
}

export function pathWith(path: string, query: Query): string {
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return parameters.length === 0 ? path : `${path}?${parameters.join("&")}`;
}

async function checked(response: Response): Promise<Response> {
  if (response.ok) return response;
  const text = await response.text();
  const { error, hint } = parsed(text);
  throw new ApiError(response.status, error ?? `the server answered ${response.status}`, hint);
}

function parsed(text: string): { readonly error?: string; readonly hint?: string } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

export function messageOf(error: unknown): string {
  if (error instanceof ApiError) return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}
