/** Answering and asking for HTTP upgrades: SPDY/3.1 by hand, WebSocket through ws. */
import { type Agent, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import { readShortText } from "./short-text.ts";

const SPDY = "SPDY/3.1";
/** An idle exec is kept for hours; 4 h is the kubelet's streamingConnectionIdleTimeout. Messages are at most this large. */
const MAX_MESSAGE_BYTES = 64 << 20;

export interface DialOptions {
  /** https or wss URL. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly rejectUnauthorized?: boolean;
    readonly servername?: string;
  };
  /** Makes the connection, through a proxy say. */
  readonly agent?: Agent | undefined;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface UpgradeFailure {
  readonly reason: "refused" | "unreachable";
  readonly message: string;
  readonly status?: number | undefined;
  readonly body?: string;
  readonly cause?: unknown;
}

/** The server could not be reached, or refused the upgrade: then `status` and `body` are its answer. */
export class UpgradeError extends Error {
  readonly reason: "refused" | "unreachable";
  readonly status: number | undefined;
  readonly body: string;

  constructor({ reason, message, status, body = "", cause }: UpgradeFailure) {
    super(message, { cause });
    this.name = "UpgradeError";
    this.reason = reason;
    this.status = status;
    this.body = body;
  }
}

const DIAL_TIMEOUT_MS = 30_000;

export function isSpdyUpgrade(request: IncomingMessage): boolean {
  return (request.headers.upgrade ?? "").toLowerCase() === SPDY.toLowerCase();
}

/** The first of our protocols, in our order, that the list contains. */
export function chooseProtocol(offered: readonly string[], ours: readonly string[]): string | undefined {
  return ours.find((protocol) => offered.includes(protocol));
}

/** Values of a header that may be repeated, or hold a list. */
export function listOf(request: IncomingMessage, name: string): string[] {
  return (request.headersDistinct[name] ?? []).flatMap((value) => value.split(",")).map((value) => value.trim());
}

/** Answers 101; the socket then speaks SPDY. */
export function acceptSpdy(socket: Duplex, protocol: string): void {
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${SPDY}\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  );
}

/** Answers without upgrading and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: string, body: string): void {
  const length = Buffer.byteLength(body);
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
}

/**
 * An open WebSocket, paused so that no message is lost before somebody listens. The protocol list is kept from ws, which
 * refuses names that are no RFC 2616 tokens, such as kubectl's `SPDY/3.1+portforward.k8s.io`.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
  maxPayload = MAX_MESSAGE_BYTES,
): Promise<WebSocket> {
  const server = new WebSocketServer({ noServer: true, maxPayload });
  server.on("headers", (lines) => lines.push(`Sec-WebSocket-Protocol: ${protocol}`));
  const { "sec-websocket-protocol": _, ...headers } = request.headers;
  const plain = Object.create(request, { headers: { value: headers } }) as IncomingMessage;
  return new Promise((resolve) =>
    server.handleUpgrade(plain, socket, head, (webSocket) => {
      webSocket.pause();
      resolve(webSocket);
    }),
  );
}

export interface OpenWebSocket {
  readonly socket: WebSocket;
  /** Which of the protocols the server chose. */
  readonly protocol: string;
}

/** An open WebSocket, paused, that speaks one of the protocols. Rejects with an UpgradeError. */
export function dialWebSocket(options: DialOptions, protocols: readonly string[]): Promise<OpenWebSocket> {
  const { url, headers, tls, agent, timeoutMs = DIAL_TIMEOUT_MS, signal } = options;
  let protocol = "";
  const socket = new WebSocket(url.replace(/^http/, "ws"), [PLACEHOLDER], {
    ...tls,
    ...(agent !== undefined && { agent, timeout: timeoutMs }),
    headers: { ...headers },
    handshakeTimeout: timeoutMs,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    // ws knows a placeholder only, for the reason given at acceptWebSocket.
    finishRequest: (request) => {
      request.setHeader("Sec-WebSocket-Protocol", protocols.join(", "));
      request.prependListener("upgrade", (response: IncomingMessage) => {
        protocol = response.headers["sec-websocket-protocol"] ?? "";
        if (protocols.includes(protocol)) response.headers["sec-websocket-protocol"] = PLACEHOLDER;
      });
      request.end();
    },
  });
  const abort = (): void => socket.terminate();
  signal?.addEventListener("abort", abort, { once: true });
  socket.once("close", () => signal?.removeEventListener("abort", abort));
  return new Promise((resolve, reject) => {
    socket.once("open", () => {
      socket.pause();
      resolve({ socket, protocol });
    });
    socket.once("error", (cause) => reject(unreachable(url, cause)));
    socket.once("unexpected-response", (_request, response) => {
      void refusal(url, response).then((error) => {
        reject(error);
        socket.terminate();
      });
    });
  });
}

const PLACEHOLDER = "kubernetes";

/**
 * A connection that speaks SPDY, asked for with a POST: to RBAC the verb `create`, where a WebSocket's GET is `get` and
 * older roles grant the former alone. Rejects with an UpgradeError.
 */
export function dialSpdy(options: DialOptions, protocol: string): Promise<Duplex> {
  const { url, tls, agent = false, timeoutMs = DIAL_TIMEOUT_MS, signal } = options;
  const headers = {
    ...options.headers,
    connection: "Upgrade",
    upgrade: SPDY,
    "x-stream-protocol-version": protocol,
    "content-length": "0",
  };
  const request = url.startsWith("https:") || url.startsWith("wss:") ? httpsRequest : httpRequest;
  const outgoing = request(url.replace(/^ws/, "http"), {
    ...tls,
    method: "POST",
    headers,
    agent,
    // Until then there is no socket whose silence could be noticed.
    ...(agent !== false && { timeout: timeoutMs }),
  });
  const abort = (): void => void outgoing.destroy(new Error("aborted"));
  signal?.addEventListener("abort", abort, { once: true });
  // Perhaps while the WebSocket was being refused.
  if (signal?.aborted === true) abort();
  outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)));
  return new Promise<Duplex>((resolve, reject) => {
    outgoing.once("upgrade", (_response, socket, head) => {
      socket.setTimeout(0);
      const close = (): void => void socket.destroy();
      signal?.addEventListener("abort", close, { once: true });
      socket.once("close", () => signal?.removeEventListener("abort", close));
      socket.unshift(head);
      resolve(socket);
    });
    outgoing.once("response", (response) => void refusal(url, response).then(reject));
    outgoing.once("error", (cause) => reject(unreachable(url, cause)));
    outgoing.end();
  }).finally(() => signal?.removeEventListener("abort", abort));
}

/** As kubectl: WebSocket, and SPDY where the server refuses that. What it says to the latter is then what counts. */
export async function dialEither<T>(webSocket: () => Promise<T>, spdy: () => Promise<T>): Promise<T> {
  try {
    return await webSocket();
  } catch (error) {
    if (!(error instanceof UpgradeError) || error.reason !== "refused") throw error;
    return spdy();
  }
}

function unreachable(url: string, cause: Error): UpgradeError {
  return new UpgradeError({ reason: "unreachable", message: `dial ${url}: ${cause.message}`, cause });
}

async function refusal(url: string, response: IncomingMessage): Promise<UpgradeError> {
  const { statusCode: status } = response;
  try {
    const body = await readShortText(response);
    return new UpgradeError({ reason: "refused", message: `dial ${url}: ${status} ${body}`, status, body });
  } catch (cause) {
    return new UpgradeError({ reason: "refused", message: `dial ${url}: ${status}`, status, cause });
  }
}
