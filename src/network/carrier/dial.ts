/** The client's way to a carrier: TLS, the proofs of both ends, a WebSocket. Not in upstream. */
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import { WebSocket } from "ws";
import type { Clock } from "#base/clock.ts";
import { hasCode, messageOf } from "#base/errors.ts";
import { MOST_BYTES } from "./datagram.ts";
import { isProof, PROOF_HEADER, proofOf } from "./proof.ts";

export interface DialOptions {
  /** `ip:port` */
  readonly address: string;
  readonly secret: Buffer;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** An open, proven WebSocket. Rejects with an Error whose message says for people why there is none. */
export async function dialCarrier(options: DialOptions): Promise<WebSocket> {
  const { timeoutMs, clock, signal } = options;
  const attempt = new AbortController();
  const cancel = clock.after(timeoutMs, () => attempt.abort());
  const both = AbortSignal.any([signal, attempt.signal]);
  try {
    const connection = await connect(options.address, both);
    return await upgrade(connection, options.secret, both);
  } catch (error) {
    throw attempt.signal.aborted ? new Error("no answer", { cause: error }) : error;
  } finally {
    cancel();
  }
}

function connect(address: string, signal: AbortSignal): Promise<TLSSocket> {
  const [host = "", port = ""] = address.split(":");
  return new Promise((resolve, reject) => {
    // The certificate says nothing: the proofs tell who is at the other end.
    const connection = tlsConnect({ host, port: Number(port), rejectUnauthorized: false, minVersion: "TLSv1.3" });
    const abort = (): void => void connection.destroy(new Error("no answer"));
    signal.addEventListener("abort", abort, { once: true });
    connection.setNoDelay(true);
    connection.on("error", (error) => reject(new Error(reasonOf(error))));
    connection.once("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("the connection was closed"));
    });
    connection.once("secureConnect", () => {
      signal.removeEventListener("abort", abort);
      resolve(connection);
    });
    if (signal.aborted) abort();
  });
}

function upgrade(connection: TLSSocket, secret: Buffer, signal: AbortSignal): Promise<WebSocket> {
  const expected = proofOf(secret, "server", connection);
  const socket = new WebSocket("ws://gateway/", {
    createConnection: () => connection,
    headers: { [PROOF_HEADER]: proofOf(secret, "client", connection) },
    perMessageDeflate: false,
    maxPayload: MOST_BYTES,
    // A mask is for caches that read along; within TLS nobody does.
    generateMask: (mask) => void mask.fill(0),
  });
  return new Promise((resolve, reject) => {
    const abort = (): void => socket.terminate();
    const settle = (): void => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort, { once: true });
    let isPeer = false;
    socket.once("upgrade", ({ headers }) => {
      const proof = headers[PROOF_HEADER];
      isPeer = isProof(typeof proof === "string" ? proof : undefined, expected);
    });
    socket.once("unexpected-response", (_request, { statusCode }) => {
      reject(new Error(REFUSALS[statusCode ?? 0] ?? `answers ${statusCode}: it is no gateway`));
      socket.terminate();
    });
    socket.once("open", () => {
      settle();
      if (isPeer) return resolve(socket);
      socket.terminate();
      reject(new Error("it is not the gateway of this peer"));
    });
    socket.once("close", () => {
      settle();
      reject(new Error("the connection was closed"));
    });
    socket.on("error", (error) => reject(new Error(reasonOf(error))));
    if (signal.aborted) abort();
  });
}

const REFUSALS: Readonly<Record<number, string>> = {
  403: "refused: it is the gateway of another peer, or this one's key is not known there",
  503: "refused: that gateway is not in charge",
};

function reasonOf(error: unknown): string {
  if (hasCode(error, "ECONNREFUSED")) return "connection refused";
  if (hasCode(error, "ECONNRESET")) return "the connection was reset";
  if (hasCode(error, "EHOSTUNREACH") || hasCode(error, "ENETUNREACH")) return "no route";
  if (hasCode(error, "ETIMEDOUT")) return "no answer";
  return messageOf(error).split("\n")[0] ?? "";
}
