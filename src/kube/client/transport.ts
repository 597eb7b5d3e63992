/**
 * HTTP to one API server: TLS identity, keep-alive, deadlines, and the rebuilding of Status errors.
 * Thin on purpose: some thirty processes import it (design: weight).
 */
import { readFileSync } from "node:fs";
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest, Agent as TlsAgent } from "node:https";
import { type Clock, systemClock } from "#base/clock.ts";
import { sleep } from "#base/context.ts";
import { hasCode } from "#base/errors.ts";
import { failure, type Status, StatusError } from "#machinery/status-error.ts";
import type { ClusterConfig } from "./config.ts";
import type { ObserveRequest } from "./metrics.ts";

export interface HttpRequest {
  readonly method: string;
  /** Path below the server's URL, starting with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** Time until the response headers, in ms. Default 30 s; watches end by their own timeoutSeconds. */
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
// 500 objects, the client's pages, of 256 KiB each.
const MOST_BODY_BYTES = 128 * 1024 * 1024;
const TOKEN_MAX_AGE_MS = 60_000;
const MOST_RETRIES = 5;
/** Another organisation's server is not to say how long its callers stand still. */
const MOST_WAIT_MS = 10_000;

/** The server closed a connection that idled until this request: it did not look at it. Go's net/http repeats such requests too. */
class IdleClosedError extends Error {}

export interface TransportOptions {
  readonly clock?: Clock;
  readonly observe?: ObserveRequest;
}

export class Transport implements Disposable {
  readonly config: ClusterConfig;
  readonly #base: URL;
  readonly #agent: Agent;
  readonly #userAgent: string;
  readonly #clock: Clock;
  readonly #observe: ObserveRequest | undefined;
  #token: { value: string; readAtMs: number } | undefined;

  constructor(config: ClusterConfig, userAgent: string, { clock = systemClock, observe }: TransportOptions = {}) {
    this.config = config;
    this.#observe = observe;
    this.#base = new URL(config.server);
    this.#userAgent = userAgent;
    this.#clock = clock;
    const { proxyUrl } = config;
    // Node's own agent asks the proxy by CONNECT, and verifies the server through the tunnel.
    const proxy = proxyUrl === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } };
    this.#agent =
      this.#base.protocol === "http:"
        ? new Agent({ keepAlive: true, ...proxy })
        : new TlsAgent({ keepAlive: true, maxCachedSessions: 10, ...this.tlsOptions(), ...proxy });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** TLS parameters for whoever opens a connection of its own to the same server (WebSockets). */
  tlsOptions(): { ca?: string; cert?: string; key?: string; rejectUnauthorized?: boolean; servername?: string } {
    const { ca, cert, key, insecureSkipTlsVerify, tlsServerName } = this.config;
    return {
      ...(ca !== undefined && { ca }),
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      ...(insecureSkipTlsVerify === true && { rejectUnauthorized: false }),
      ...(tlsServerName !== undefined && { servername: tlsServerName }),
    };
  }

  /** Their agent where a proxy is on the way. */
  get proxyAgent(): Agent | undefined {
    return this.config.proxyUrl === undefined ? undefined : this.#agent;
  }

  /** Headers that identify the caller. */
  authHeaders(): Record<string, string> {
    const token = this.config.token ?? this.#tokenFromFile();
    return { "User-Agent": this.#userAgent, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  }

  url(path: string, query: HttpRequest["query"] = {}): URL {
    const url = new URL(this.#base.href.replace(/\/$/, "") + path);
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue;
      for (const item of Array.isArray(value) ? value : [value]) url.searchParams.append(name, String(item));
    }
    return url;
  }

  /**
   * The response with its body unread, whatever its status. Rejects with a StatusError when the server cannot be reached.
   * A server that wants to be asked again later is, as by client-go (rest/with_retry.go).
   */
  async send(request: HttpRequest): Promise<IncomingMessage> {
    for (let retries = 0; ; retries++) {
      const response = await this.#sendOnce(request);
      const waitMs = retries < MOST_RETRIES ? retryAfterMs(response) : undefined;
      if (waitMs === undefined) return response;
      response.resume();
      await sleep({ signal: request.signal ?? new AbortController().signal }, waitMs, this.#clock);
    }
  }

  async #sendOnce(request: HttpRequest): Promise<IncomingMessage> {
    try {
      return await this.#attempt(request);
    } catch (error) {
      if (error instanceof IdleClosedError) return this.#attempt(request);
      throw error;
    }
  }

  #attempt(request: HttpRequest): Promise<IncomingMessage> {
    const url = this.url(request.path, request.query);
    const options: RequestOptions = {
      method: request.method,
      agent: this.#agent,
      headers: {
        Accept: "application/json",
        ...this.authHeaders(),
        ...request.headers,
        ...(request.body !== undefined && { "Content-Length": Buffer.byteLength(request.body) }),
      },
      ...(request.signal !== undefined && { signal: request.signal }),
    };
    const begunMs = this.#clock.nowMs();
    let observe = this.#observe;
    const ended = (code?: number): void => {
      observe?.(request.method, code, this.#clock.nowMs() - begunMs);
      // What breaks off after its headers was answered all the same.
      observe = undefined;
    };
    return new Promise((resolve, reject) => {
      const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      // Node's agent gives up a proxy that says nothing by this alone: what is destroyed before it has a socket waits for it.
      const tunnel = this.config.proxyUrl === undefined ? {} : { timeout: timeoutMs };
      const all = { ...options, ...tunnel };
      const outgoing = (url.protocol === "http:" ? httpRequest : httpsRequest)(url, all, (response) => {
        clearTimeout(timer);
        ended(response.statusCode);
        resolve(response);
      });
      const giveUp = (): void => {
        const cause = new Error(`no answer within ${timeoutMs} ms`);
        outgoing.destroy(cause);
        reject(unreachable(url, cause));
      };
      const cancel = (): void => reject(request.signal?.reason);
      request.signal?.addEventListener("abort", cancel, { once: true });
      outgoing.once("close", () => request.signal?.removeEventListener("abort", cancel));
      // biome-ignore lint/plugin: the socket's deadline, by the machine
      const timer = setTimeout(giveUp, timeoutMs);
      outgoing.on("error", (cause) => {
        clearTimeout(timer);
        ended();
        if (request.signal?.aborted === true) reject(cause);
        else if (isReplayable(request.method) && outgoing.reusedSocket && hasCode(cause, "ECONNRESET"))
          reject(new IdleClosedError());
        else reject(unreachable(url, cause));
      });
      outgoing.end(request.body);
    });
  }

  /** The parsed JSON body of a successful response; rejects with the server's StatusError otherwise. */
  async json<T>(request: HttpRequest): Promise<T> {
    const response = await this.send(request);
    const text = await readText(response);
    if (isSuccess(response)) return (text === "" ? {} : JSON.parse(text)) as T;
    throw statusErrorOf(response, text, this.config.server);
  }

  #tokenFromFile(): string | undefined {
    if (this.config.tokenFile === undefined) return undefined;
    const nowMs = this.#clock.nowMs();
    if (this.#token === undefined || nowMs - this.#token.readAtMs > TOKEN_MAX_AGE_MS) {
      this.#token = { value: readFileSync(this.config.tokenFile, "utf8").trim(), readAtMs: nowMs };
    }
    return this.#token.value;
  }
}

/** How long to wait when the server has not looked at the request yet: the cache of a new CRD, say, is filled first. */
function retryAfterMs({ statusCode, headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers["retry-after"]);
  return statusCode === 429 && seconds > 0 ? Math.min(seconds * 1_000, MOST_WAIT_MS) : undefined;
}

/** A creation that was carried out after all would say "already exists" the second time. */
function isReplayable(method: string): boolean {
  return method !== "POST";
}

export function isSuccess(response: IncomingMessage): boolean {
  const code = response.statusCode ?? 0;
  return code >= 200 && code < 300;
}

export interface BodyLimits {
  /** Default 128 MiB: a page of objects is far smaller. */
  readonly mostBytes?: number;
  /** Longest silence between two pieces. Default 30 s. */
  readonly stallMs?: number;
}

/**
 * The server may be another organisation's and send without end, or stop half-way. Rejects with a StatusError and gives
 * the connection up.
 */
export async function readText(
  response: IncomingMessage,
  { mostBytes = MOST_BODY_BYTES, stallMs = DEFAULT_TIMEOUT_MS }: BodyLimits = {},
): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const stalled = failure(504, "Timeout", `the server's answer stopped half-way for ${stallMs} ms`);
  // biome-ignore lint/plugin: the socket's deadline, by the machine
  const timer = setTimeout(() => response.destroy(stalled), stallMs);
  using _ = { [Symbol.dispose]: () => clearTimeout(timer) };
  for await (const chunk of response as AsyncIterable<Buffer>) {
    timer.refresh();
    sizeBytes += chunk.length;
    if (sizeBytes > mostBytes) {
      // Leaving the loop does not: Node keeps the socket for an answer that is not read to its end.
      response.destroy();
      throw failure(413, "RequestEntityTooLarge", `the server's answer has more than ${mostBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The server's own Status, or one made from the HTTP code when the body is something else. */
export function statusErrorOf(response: IncomingMessage, text: string, server: string): StatusError {
  const code = response.statusCode ?? 500;
  try {
    const body = JSON.parse(text) as Status;
    if (body.kind === "Status") return new StatusError({ ...body, code: body.code ?? code }, { server });
  } catch {
    // Not JSON: a proxy or a server that is not an API server answered.
  }
  const reasons: Record<number, Status["reason"]> = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    410: "Expired",
  };
  const { status } = failure(
    code,
    reasons[code] ?? "InternalError",
    text.trim() === "" ? `HTTP ${code}` : text.trim().slice(0, 1000),
  );
  return new StatusError(status, { server });
}

function unreachable(url: URL, cause: Error): StatusError {
  const { status } = failure(503, "ServiceUnavailable", `cannot reach the API server ${url.origin}: ${cause.message}`);
  return new StatusError(status, { cause, server: url.origin });
}
