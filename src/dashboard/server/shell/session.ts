/**
 * One shell: a WebSocket of a page and a command with a terminal in a pod. What waits for either of them is bounded: the pod
 * stands still while the page does not read, and who types more than the pod reads is cut off.
 */
import type { Readable } from "node:stream";
import type { WebSocket } from "ws";
import type { Clock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { RemoteCommand } from "#wire/remote-command/client.ts";
import type { ExecResult } from "#wire/remote-command/exec-streams.ts";
import { UpgradeError } from "#wire/upgrade.ts";
import type { ShellTold } from "../../model/protocol.ts";
import { parseShellSaid } from "./said.ts";

/** Beyond what the kernel keeps: as long as the page has not drawn them, the pod is not read. */
const MOST_UNREAD_BYTES = 256 * 1024;
/** What was pasted into a program that does not read. */
const MOST_TYPED_BYTES = 1024 * 1024;
/** Proxies give up connections on which nothing is said for a minute. */
export const PING_MS = 20_000;

export interface ShellSession {
  readonly socket: WebSocket;
  /** Opens the command; ends with its context. */
  readonly dial: (ctx: Context) => Promise<RemoteCommand>;
  /** Called once it is open. */
  readonly opened: () => void;
  readonly clock: Clock;
}

/** Resolves when the shell has ended and the page was told why; never rejects. The command ends with the context, and when the page goes. */
export async function runShell(ctx: Context, session: ShellSession): Promise<void> {
  const { socket } = session;
  const { ctx: own, cancel } = withCancel(ctx);
  socket.once("close", cancel);
  // The close that follows is what is acted upon.
  socket.on("error", () => undefined);
  const told = await converse(own, cancel, session).catch((error: unknown) => failureOf(error));
  cancel();
  await tell(socket, ctx.signal.aborted ? { is: "failed", message: "the dashboard was ended" } : told);
  // So that the answer to this is read.
  socket.resume();
  socket.close(1000);
}

async function converse(ctx: Context, cancel: () => void, session: ShellSession): Promise<ShellTold> {
  const { socket, dial, opened, clock } = session;
  // What has ended already tells nobody that it does.
  ctx.signal.throwIfAborted();
  const remote = await dial(ctx);
  opened();
  await tell(socket, { is: "open" });
  const stopPings = ping(socket, clock);
  const page = new Page(socket, remote, cancel);
  await page.show(remote.stdout);
  stopPings();
  return page.problem ?? endOf(await remote.result);
}

/** Who is not there any more does not answer. */
function ping(socket: WebSocket, clock: Clock): () => void {
  let isHeard = true;
  let cancel = (): void => undefined;
  socket.on("pong", () => {
    isHeard = true;
  });
  const again = (): void => {
    cancel = clock.after(PING_MS, () => {
      if (!isHeard) return socket.terminate();
      isHeard = false;
      socket.ping();
      again();
    });
  };
  again();
  socket.once("close", () => cancel());
  return () => cancel();
}

class Page {
  problem: ShellTold | undefined;
  readonly #socket: WebSocket;
  readonly #remote: RemoteCommand;
  readonly #cancel: () => void;
  #unread = 0;
  #wake: () => void = () => undefined;

  /** `cancel` ends the remote command. */
  constructor(socket: WebSocket, remote: RemoteCommand, cancel: () => void) {
    this.#socket = socket;
    this.#remote = remote;
    this.#cancel = cancel;
    remote.stdin?.on("error", () => undefined);
    socket.on("message", (message: Buffer, isBinary: boolean) => {
      if (isBinary) this.#typed(message);
      else this.#said(message.toString("utf8"));
    });
    socket.once("close", () => this.#wake());
    socket.resume();
  }

  /** Resolves when all was sent. */
  async show(output: Readable | undefined): Promise<void> {
    try {
      for await (const chunk of output ?? []) await this.#send(chunk as Buffer);
    } catch {
      // A connection that breaks ends the output, too; the result says so.
    }
  }

  async #send(bytes: Buffer): Promise<void> {
    while (this.#unread >= MOST_UNREAD_BYTES && this.#socket.readyState === this.#socket.OPEN)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    this.#unread += bytes.length;
    await sent(this.#socket, bytes);
  }

  #typed(bytes: Buffer): void {
    const { stdin } = this.#remote;
    if (stdin === undefined || !stdin.writable) return;
    stdin.write(bytes);
    if (stdin.writableLength <= MOST_TYPED_BYTES) return;
    this.#end(`more than ${MOST_TYPED_BYTES} bytes were typed that no program reads`);
  }

  #said(text: string): void {
    const said = parseShellSaid(text);
    if (said === undefined) this.#end("the page said what is no part of the protocol");
    else if (said.is === "size") this.#remote.resize({ width: said.columns, height: said.rows });
    else {
      this.#unread = Math.max(0, this.#unread - said.bytes);
      this.#wake();
    }
  }

  #end(message: string): void {
    this.problem ??= { is: "failed", message };
    // To close it would wait for a pod that reads nothing.
    this.#cancel();
    this.#wake();
  }
}

function endOf(result: ExecResult): ShellTold {
  return "error" in result ? { is: "failed", message: result.error } : { is: "ended", exitCode: result.exitCode };
}

/** The API server's own words, without the address that was asked. */
function failureOf(error: unknown): ShellTold {
  const said = error instanceof UpgradeError ? messageIn(error.body) : undefined;
  return { is: "failed", message: said ?? messageOf(error) };
}

function messageIn(body: string): string | undefined {
  try {
    const { message } = JSON.parse(body) as { readonly message?: unknown };
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}

function tell(socket: WebSocket, told: ShellTold): Promise<void> {
  return sent(socket, JSON.stringify(told));
}

/** Resolves when the kernel has it, or nobody is there any more. */
function sent(socket: WebSocket, message: Buffer | string): Promise<void> {
  return new Promise((resolve) => socket.send(message, () => resolve()));
}
