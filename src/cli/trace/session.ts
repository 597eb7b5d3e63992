/** One `liqo-trace` in one pod of Liqo's, by exec: it lives as long as its standard input is open. */
import { createInterface } from "node:readline";
import { type Context, withTimeout } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { type Order, parseTraceAnswer, type TraceAnswer, type TraceRequest } from "#wire/path-trace.ts";
import type { RemoteCommand } from "#wire/remote-command/client.ts";
import { readShortText } from "#wire/short-text.ts";
import { UpgradeError } from "#wire/upgrade.ts";
import { dialExec } from "../exec.ts";

/** In the image of Liqo. */
export const PROGRAM = "/opt/liqo/liqo-trace.js";
const ANSWER_MS = 15_000;
/** A gateway for a thousand nodes tells of some thousand routing rules. */
const MOST_BYTES = 4 * 1024 * 1024;

export interface Session extends Disposable {
  /** Sends one order and gives its answer. */
  order(ctx: Context, order: Order): Promise<TraceAnswer>;
}

export interface Opened {
  readonly session: Session;
  readonly first: TraceAnswer;
}

/** Resolves with the program's first word. Throws when it cannot be run there. */
export async function openSession(
  ctx: Context,
  client: KubeClient,
  key: ObjectKey,
  request: TraceRequest,
): Promise<Opened> {
  const command = ["node", PROGRAM, JSON.stringify(request)];
  const remote = await dialExec(withTimeout(ctx, ANSWER_MS), client, key, command, { stdin: true }).catch(refused);
  const session = new RemoteSession(remote);
  try {
    return { session, first: await session.next(ctx) };
  } catch (error) {
    session[Symbol.dispose]();
    throw error;
  }
}

/** The API server's own words, without the request. */
function refused(error: unknown): never {
  const said = error instanceof UpgradeError ? messageIn(error.body, "message") : undefined;
  throw said === undefined ? error : new Error(said, { cause: error });
}

class RemoteSession implements Session {
  readonly #remote: RemoteCommand;
  readonly #lines: AsyncIterator<string>;
  /** Also where nobody asks for it: an output that is not read stands still. */
  readonly #errors: Promise<string>;

  constructor(remote: RemoteCommand) {
    this.#remote = remote;
    this.#lines = linesOf(remote)[Symbol.asyncIterator]();
    this.#errors = remote.stderr === undefined ? Promise.resolve("") : readShortText(remote.stderr).catch(() => "");
    remote.result.catch(() => undefined);
  }

  async order(ctx: Context, order: Order): Promise<TraceAnswer> {
    this.#remote.stdin?.write(`${JSON.stringify(order)}\n`);
    return this.next(ctx);
  }

  async next(ctx: Context): Promise<TraceAnswer> {
    const limited = withTimeout(ctx, ANSWER_MS);
    const silent = new Promise<never>((_, reject) => {
      limited.signal.addEventListener("abort", () => reject(new Error("the program there does not answer")), {
        once: true,
      });
    });
    const line = await Promise.race([this.#lines.next(), silent]);
    if (line.done !== true) return parseTraceAnswer(line.value);
    throw new Error(await this.#end());
  }

  /** Why it has ended. */
  async #end(): Promise<string> {
    const errors = (await this.#errors).trim().split("\n").at(-1) ?? "";
    const result = await this.#remote.result.catch((error: unknown) => ({ error: messageOf(error) }));
    if (errors.includes("Cannot find module") || errors.includes("Node.js v"))
      return `its Liqo has no ${PROGRAM}: it is upstream's, or older`;
    return (
      messageIn(errors, "error") ?? ("error" in result ? result.error : `liqo-trace has ended with ${result.exitCode}`)
    );
  }

  [Symbol.dispose](): void {
    this.#remote.stdin?.end();
    this.#remote.close();
  }
}

/** It runs in another cluster, which may say anything. */
function linesOf({ stdout }: RemoteCommand): AsyncIterable<string> {
  if (stdout === undefined) throw new Error("exec gave no output");
  let bytes = 0;
  stdout.on("error", () => undefined);
  stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) stdout.destroy();
  });
  return createInterface({ input: stdout });
}

/** Of a log line or a Status; a text that is neither is its own. */
function messageIn(text: string, field: "error" | "message"): string | undefined {
  if (text === "") return undefined;
  try {
    const said = (JSON.parse(text) as Partial<Record<typeof field, unknown>>)[field];
    return typeof said === "string" ? said : text;
  } catch {
    return text;
  }
}
