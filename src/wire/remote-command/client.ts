/** The asking side of exec and attach, over WebSocket. Kubernetes: client-go/tools/remotecommand/websocket.go */
import type { Readable, Writable } from "node:stream";
import { readShortText } from "../short-text.ts";
import { type DialOptions, dialWebSocket } from "../upgrade.ts";
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
export async function dialRemoteCommand(dial: DialOptions, options: ExecOptions): Promise<RemoteCommand> {
  const { socket, protocol } = await dialWebSocket(dial, [V5, V4]);
  const channels = new WebSocketChannels(socket, protocol === V5 ? "sent" : "unknown");
  const sizes = channels.writable(CHANNEL.resize);
  const status = readShortText(channels.readable(CHANNEL.error));
  return {
    stdin: options.stdin ? channels.writable(CHANNEL.stdin) : undefined,
    stdout: options.stdout ? channels.readable(CHANNEL.stdout) : undefined,
    stderr: options.stderr ? channels.readable(CHANNEL.stderr) : undefined,
    resize: (size) => void sizes.write(encodeSize(size)),
    result: status.then((json) => decodeStatus(json) ?? { error: "the connection was lost before the command ended" }),
    close: () => channels.close(),
  };
}
