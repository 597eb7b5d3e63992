/**
 * One shell: a WebSocket of a page and a command with a terminal in a pod. What waits for either of them is bounded: the pod
 * stands still while the page does not read, and who types more than the pod reads is cut off.
 */
import type { Readable } from "node:stream";
import type { WebSocket } from "ws";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
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
/** How long, and how often, a shell is asked to end that nobody looks at any more. */
export const HANG_UP_MS = 100;
const HANG_UPS = 10;
const [INTERRUPT, END_OF_INPUT] = ["\x03", "\x04"];

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
  const line = new Line(ctx, session.clock);
  socket.once("close", line.hangUp);
  // The close that follows is what is acted upon.
  socket.on("error", () => undefined);
  const told = await converse(line, session).catch((error: unknown) => failureOf(error));
  line.cut();
  await tell(socket, ctx.signal.aborted ? { is: "failed", message: "the dashboard was ended" } : told);
  // So that the answer to this is read.
  socket.resume();
  socket.close(1000);
}

async function converse(line: Line, { socket, dial, opened, clock }: ShellSession): Promise<ShellTold> {
  const remote = await line.dial(dial);
  opened();
  await tell(socket, { is: "open" });
  const stopPings = ping(socket, clock);
  const page = new Page(socket, remote, () => line.cut());
  await page.show(remote.stdout);
  stopPings();
  return page.problem ?? endOf(await remote.result);
}

/**
 * The way to the pod. A kubelet does not end the command whose connection goes, and its terminal stays: what runs there
 * is interrupted, and the shell's input ended, before the way is cut. Kubernetes' dashboard sends the latter, too.
 */
class Line {
  readonly #ctx: Context;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  #remote: RemoteCommand | undefined;

  constructor(ctx: Context, clock: Clock) {
    this.#ctx = ctx;
    this.#clock = clock;
    ctx.signal.addEventListener("abort", this.hangUp, { once: true });
  }

  async dial(dial: ShellSession["dial"]): Promise<RemoteCommand> {
    // What has ended already tells nobody that it does.
    this.#ctx.signal.throwIfAborted();
    this.#remote = await dial({ ...this.#ctx, signal: this.#end.signal });
    return this.#remote;
  }

  readonly hangUp = async (): Promise<void> => {
    const { signal } = this.#end;
    const { stdin } = this.#remote ?? {};
    // Not both at once: a shell takes the end of input only where it reads again.
    for (let time = 0; time < HANG_UPS && stdin !== undefined && !signal.aborted; time++) {
      stdin.write(time % 2 === 0 ? INTERRUPT : END_OF_INPUT);
      await sleep({ signal }, HANG_UP_MS, this.#clock);
    }
    this.cut();
  };

  /** Also when it has ended. */
  cut(): void {
    this.#ctx.signal.removeEventListener("abort", this.hangUp);
    this.#end.abort();
  }
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
  readonly #cut: () => void;
  #unread = 0;
  #wake: () => void = () => undefined;

  /** `cut` ends the connection to the pod. */
  constructor(socket: WebSocket, remote: RemoteCommand, cut: () => void) {
    this.#socket = socket;
    this.#remote = remote;
    this.#cut = cut;
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
    this.#cut();
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
