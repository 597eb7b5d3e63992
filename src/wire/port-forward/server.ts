/**
 * The serving side of port-forward: SPDY/3.1, bare or tunnelled through a WebSocket. Each forwarded connection is a pair
 * of streams, data and error, tied by a request id. Kubernetes: kubelet/pkg/cri/streaming/portforward/httpstream.go
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { messageOf } from "#base/errors.ts";
import { SpdySession, type SpdyStream } from "../spdy/session.ts";
import { acceptSpdy, acceptWebSocket, isSpdyUpgrade, listOf, refuseUpgrade } from "../upgrade.ts";
import { webSocketDuplex } from "../web-socket-stream.ts";

export const PORT_FORWARD = "portforward.k8s.io";
export const TUNNEL = "SPDY/3.1+portforward.k8s.io";
/** A lone data or error stream is given up after this. Kubernetes: DefaultStreamCreationTimeout. */
const PAIR_TIMEOUT_MS = 30_000;

/** Opens a connection to a port of the pod; its rejection is told to the client. */
export type DialPort = (port: number) => Promise<Duplex>;

/** Serves until the client leaves; never rejects. */
export async function servePortForward(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  dial: DialPort,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  const connection = await accept(request, socket, head);
  if (connection === undefined) return;
  const waiting = new Map<string, SpdyStream>();
  const session = new SpdySession(connection, {
    role: "server",
    onStream: (stream) => pair(waiting, stream, dial),
  });
  if (connection === socket && head.length > 0) session.receive(head);
  await session.closed;
}

async function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<Duplex | undefined> {
  if (isSpdyUpgrade(request)) {
    acceptSpdy(socket, PORT_FORWARD);
    return socket;
  }
  if (listOf(request, "sec-websocket-protocol").includes(TUNNEL)) {
    return webSocketDuplex(await acceptWebSocket(request, socket, head, TUNNEL));
  }
  refuseUpgrade(socket, "400 Bad Request", `no supported protocol, use ${TUNNEL}`);
  return undefined;
}

function pair(waiting: Map<string, SpdyStream>, stream: SpdyStream, dial: DialPort): void {
  const { requestid = "", streamtype, port = "" } = stream.headers;
  const id = requestid === "" ? port : requestid;
  const other = waiting.get(id);
  if (other === undefined) {
    waiting.set(id, stream);
    // biome-ignore lint/plugin: the deadline of a stream, by the machine
    const timer = setTimeout(() => stream.destroy(), PAIR_TIMEOUT_MS);
    timer.unref();
    stream.once("close", () => {
      clearTimeout(timer);
      if (waiting.get(id) === stream) waiting.delete(id);
    });
    return;
  }
  waiting.delete(id);
  const [data, error] = streamtype === "data" ? [stream, other] : [other, stream];
  void forwardPort(data, error, dial);
}

async function forwardPort(data: SpdyStream, error: SpdyStream, dial: DialPort): Promise<void> {
  const { port: text = "" } = data.headers;
  const port = Number(text);
  try {
    if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) throw new Error(`"${text}" is not a port`);
    const target = await dial(port);
    await exchange(data, target);
  } catch (cause) {
    if (!error.destroyed) error.write(`error forwarding port ${text}: ${messageOf(cause)}`);
    data.end();
  }
  error.end();
}

/**
 * Copies both ways until the target is closed. Rejects when the target fails. What the client sends after the target
 * has said all it had to say goes nowhere, which is no error.
 */
function exchange(data: SpdyStream, target: Duplex): Promise<void> {
  const discard = (): void => {
    data.unpipe(target);
    data.resume();
  };
  return new Promise((resolve, reject) => {
    target.once("error", (error) => (target.readableEnded ? resolve() : reject(error)));
    target.once("end", () => {
      if (!target.allowHalfOpen) discard();
    });
    target.once("close", () => {
      discard();
      resolve();
    });
    data.once("close", () => target.destroy());
    data.pipe(target);
    target.pipe(data);
  });
}
