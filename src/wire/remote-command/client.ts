/**
 * The asking side of exec and attach, over WebSocket, and over SPDY where that is refused. Kubernetes:
 * client-go/tools/remotecommand/{fallback,websocket,spdy,v4}.go
 */
import type { Readable, Writable } from "node:stream";
import { readShortText } from "../short-text.ts";
import { SpdySession, type SpdyStream } from "../spdy/session.ts";
import { type DialOptions, dialEither, dialSpdy, dialWebSocket } from "../upgrade.ts";
import { WebSocketChannels } from "../web-socket-stream.ts";
import type { ExecOptions, ExecResult, TerminalSize } from "./exec-streams.ts";
import { encodeSize } from "./resize.ts";
import { CHANNEL, V4, V5 } from "./server.ts";
import { decodeStatus } from "./status.ts";

export interface RemoteCommand {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  resize(size: TerminalSize): void;
  /** How the command ended; an error when the connection broke before that was told. */
  readonly result: Promise<ExecResult>;
  close(): void;
}

/**
 * Opens an exec or attach at `url`, whose query must agree with `options`. Outputs must be read, or the connection
 * stands still. Rejects with an UpgradeError when it is refused.
 */
export function dialRemoteCommand(dial: DialOptions, options: ExecOptions): Promise<RemoteCommand> {
  return dialEither(
    () => overWebSocket(dial, options),
    () => overSpdy(dial, options),
  );
}

async function overWebSocket(dial: DialOptions, options: ExecOptions): Promise<RemoteCommand> {
  const { socket, protocol } = await dialWebSocket(dial, [V5, V4]);
  const channels = new WebSocketChannels(socket, protocol === V5 ? "sent" : "unknown");
  const sizes = channels.writable(CHANNEL.resize);
  return {
    stdin: options.stdin ? channels.writable(CHANNEL.stdin) : undefined,
    stdout: options.stdout ? channels.readable(CHANNEL.stdout) : undefined,
    stderr: options.stderr ? channels.readable(CHANNEL.stderr) : undefined,
    resize: (size) => void sizes.write(encodeSize(size)),
    result: resultOf(channels.readable(CHANNEL.error)),
    close: () => channels.close(),
  };
}

async function overSpdy(dial: DialOptions, options: ExecOptions): Promise<RemoteCommand> {
  const session = new SpdySession(await dialSpdy(dial, V4), { role: "client" });
  const open = async (streamType: keyof typeof CHANNEL, wanted: boolean): Promise<SpdyStream | undefined> =>
    wanted ? session.open({ streamType }) : undefined;
  const error = await session.open({ streamType: "error" });
  const stdin = await open("stdin", options.stdin);
  const stdout = await open("stdout", options.stdout);
  const stderr = await open("stderr", options.stderr);
  const sizes = await open("resize", options.tty);
  return {
    stdin,
    stdout,
    stderr,
    resize: (size) => void sizes?.write(encodeSize(size)),
    result: resultOf(error),
    close: () => void session[Symbol.asyncDispose](),
  };
}

async function resultOf(stream: Readable): Promise<ExecResult> {
  // A stream that is reset tells as little as one that ends early.
  const json = await readShortText(stream).catch(() => "");
  return decodeStatus(json) ?? { error: "the connection was lost before the command ended" };
}
