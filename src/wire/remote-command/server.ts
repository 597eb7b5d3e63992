/**
 * The serving side of exec and attach, over WebSocket (v5, v4) or SPDY/3.1 (v4 and older), as the client asks.
 * Kubernetes: kubelet/pkg/cri/streaming/remotecommand/{websocket,httpstream}.go
 */
import type { IncomingMessage } from "node:http";
import type { Duplex, Readable, Writable } from "node:stream";
import { messageOf } from "#base/errors.ts";
import { SpdySession, type SpdyStream } from "../spdy/session.ts";
import { acceptSpdy, acceptWebSocket, chooseProtocol, isSpdyUpgrade, listOf, refuseUpgrade } from "../upgrade.ts";
import { WebSocketChannels } from "../web-socket-stream.ts";
import type { ExecOptions, ExecResult, ExecStreams } from "./exec-streams.ts";
import { decodeSizes } from "./resize.ts";
import { encodeStatus } from "./status.ts";

export type ExecHandler = (streams: ExecStreams) => Promise<void>;

export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;
export const V5 = "v5.channel.k8s.io";
export const V4 = "v4.channel.k8s.io";
const SPDY_PROTOCOLS = [V4, "v3.channel.k8s.io", "v2.channel.k8s.io"];
/** Kubernetes: remotecommand.DefaultStreamCreationTimeout. */
const CREATION_TIMEOUT_MS = 30_000;

type StreamName = keyof typeof CHANNEL;

/**
 * Answers the upgrade, runs the handler and tells the client how it ended. A handler that throws, or returns without
 * a status, is reported as an internal error. Resolves when the connection is done with; never rejects.
 */
export async function serveRemoteCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: ExecOptions,
  handler: ExecHandler,
): Promise<void> {
  socket.on("error", () => socket.destroy());
  if (isSpdyUpgrade(request)) return serveSpdy(request, socket, head, options, handler);
  const protocol = chooseProtocol(listOf(request, "sec-websocket-protocol"), [V5, V4]);
  if (protocol === undefined)
    return refuseUpgrade(socket, "400 Bad Request", `no supported protocol, use ${V5} or ${V4}`);
  const channels = new WebSocketChannels(
    await acceptWebSocket(request, socket, head, protocol),
    protocol === V5 ? "received" : "unknown",
  );
  channels.announce(options.stdout ? CHANNEL.stdout : options.stderr ? CHANNEL.stderr : CHANNEL.error);
  const gone = new AbortController();
  void channels.closed.then(() => gone.abort());
  const error = channels.writable(CHANNEL.error);
  const stdout = options.stdout ? channels.writable(CHANNEL.stdout) : undefined;
  const stderr = options.stderr ? channels.writable(CHANNEL.stderr) : undefined;
  await runHandler(handler, {
    stdin: options.stdin ? channels.readable(CHANNEL.stdin) : undefined,
    stdout,
    stderr,
    resize: options.tty ? channels.readable(CHANNEL.resize) : undefined,
    error,
    signal: gone.signal,
  });
  channels.close();
  await channels.closed;
}

interface Parts {
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  readonly resize: Readable | undefined;
  readonly error: Writable;
  readonly signal: AbortSignal;
}

async function runHandler(handler: ExecHandler, parts: Parts): Promise<void> {
  const { stdin, stdout, stderr, resize, error, signal } = parts;
  let result: ExecResult | undefined;
  const status = (value: ExecResult): void => {
    result ??= value;
  };
  try {
    await handler({
      ...(stdin !== undefined && { stdin }),
      ...(stdout !== undefined && { stdout }),
      ...(stderr !== undefined && { stderr }),
      ...(resize !== undefined && { resize: decodeSizes(resize) }),
      signal,
      status,
    });
  } catch (cause) {
    status({ error: messageOf(cause) });
  }
  // The status comes after all output: a client stops reading at it.
  await Promise.all([stdout, stderr].map((output) => output && endOf(output)));
  await endOf(error, encodeStatus(result ?? { error: "the command ended without a status" }));
}

async function serveSpdy(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  options: ExecOptions,
  handler: ExecHandler,
): Promise<void> {
  const offered = listOf(request, "x-stream-protocol-version");
  const protocol = chooseProtocol(offered, SPDY_PROTOCOLS);
  if (protocol === undefined) {
    return refuseUpgrade(
      socket,
      "403 Forbidden",
      `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(" ")}], server accepts [${SPDY_PROTOCOLS.join(" ")}]`,
    );
  }
  acceptSpdy(socket, protocol);
  const expected = expectedStreams(options, protocol);
  const arrived = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<boolean>();
  const session = new SpdySession(socket, {
    role: "server",
    onStream: (stream) => {
      arrived.set(stream.headers.streamtype ?? "", stream);
      if (arrived.size >= expected) complete.resolve(true);
    },
  });
  if (head.length > 0) session.receive(head);
  // biome-ignore lint/plugin: the deadline of a stream, by the machine
  const timer = setTimeout(() => complete.resolve(false), CREATION_TIMEOUT_MS);
  const gone = new AbortController();
  void session.closed.then(() => {
    gone.abort();
    complete.resolve(false);
  });
  const ready = await complete.promise;
  clearTimeout(timer);
  const error = arrived.get("error");
  if (ready && error !== undefined) {
    const of = (name: StreamName): SpdyStream | undefined => arrived.get(name);
    await runHandler(handler, {
      stdin: of("stdin"),
      stdout: of("stdout"),
      stderr: of("stderr"),
      resize: of("resize"),
      error,
      signal: gone.signal,
    });
  }
  await session[Symbol.asyncDispose]();
}

/**
 * How many streams are waited for, whichever they are: a kubelet counts. A client may ask for a terminal and standard error,
 * and open that in the place of the resizing which it knows nothing of.
 */
function expectedStreams({ stdin, stdout, stderr, tty }: ExecOptions, protocol: string): number {
  // Resizing came with v3.
  const others = [stdin, stdout, stderr && !tty, tty && protocol !== "v2.channel.k8s.io"];
  return 1 + others.filter(Boolean).length;
}

/** Resolves once everything was handed to the connection, or it is gone. */
function endOf(stream: Writable, text?: string): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableFinished) return resolve();
    stream
      .once("finish", resolve)
      .once("close", resolve)
      .once("error", () => resolve());
    if (stream.writableEnded) return;
    if (text === undefined) stream.end();
    else stream.end(text);
  });
}
