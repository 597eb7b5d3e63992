/** GET /api/shell: the shells that pages have open. What is typed and shown goes through this process, and is kept nowhere. */
import type { Clock } from "#base/clock.ts";
import { type Context, withCancel } from "#base/context.ts";
import { dialExec } from "#cli/exec.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import { acceptWebSocket, listOf } from "#wire/upgrade.ts";
import type { ItemKey } from "../../model/items.ts";
import { SHELL_PROTOCOL, type ShellPlan } from "../../model/protocol.ts";
import { answerJson, Refusal } from "../http/answers.ts";
import type { ParsedKey, Query } from "../http/query.ts";
import type { ApiHandler, UpgradeHandler } from "../http/server.ts";
import { SHELL, shellCommandOf } from "./command.ts";
import { runShell } from "./session.ts";

/** Each holds a connection to an API server. */
export const MOST_SHELLS = 8;
/** Of one message: what is pasted comes in several. */
const MOST_MESSAGE_BYTES = 64 * 1024;

export interface ShellTarget {
  readonly parsed: ParsedKey;
  readonly key: ObjectKey;
  /** Of the cluster that the item lies in. */
  readonly client: KubeClient;
}

export interface ShellsOptions {
  /** Throws a Refusal where no such cluster is looked at. */
  readonly find: (key: ItemKey) => ShellTarget;
  readonly told: (key: ItemKey, text: string) => void;
  readonly clock: Clock;
}

export class Shells implements AsyncDisposable {
  readonly #options: ShellsOptions;
  readonly #ctx: Context;
  readonly #cancel: () => void;
  readonly #open = new Set<Promise<void>>();

  constructor(ctx: Context, options: ShellsOptions) {
    const { ctx: own, cancel } = withCancel(ctx);
    this.#options = options;
    this.#ctx = own;
    this.#cancel = cancel;
  }

  readonly plan: ApiHandler = async (_ctx, { query }, response) => {
    const { target, container } = this.#wanted(query);
    answerJson(response, { command: shellCommandOf(target.parsed, container) } satisfies ShellPlan);
  };

  /** What a cluster refuses, and that there are too many, is told in the shell's own words: a page does not see why an upgrade is refused. */
  readonly upgrade: UpgradeHandler = async ({ query, request, socket: connection, head }) => {
    const { key, target, container } = this.#wanted(query);
    if (!listOf(request, "sec-websocket-protocol").includes(SHELL_PROTOCOL))
      throw new Refusal(400, `a shell speaks ${SHELL_PROTOCOL}`);
    const socket = await acceptWebSocket(request, connection, head, SHELL_PROTOCOL, MOST_MESSAGE_BYTES);
    const isTooMany = this.#open.size >= MOST_SHELLS;
    const { told, clock } = this.#options;
    const running = runShell(this.#ctx, {
      socket,
      clock,
      dial: (ctx) => {
        if (isTooMany) throw new Error(`${MOST_SHELLS} shells are open already: close one of them`);
        return dialExec(ctx, target.client, target.key, SHELL, { stdin: true, tty: true, container });
      },
      opened: () => told(key, `a shell was opened in container ${container}`),
    });
    if (isTooMany) return running;
    this.#open.add(running);
    await running;
    this.#open.delete(running);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel();
    await Promise.all(this.#open);
  }

  #wanted(query: Query): { readonly key: ItemKey; readonly target: ShellTarget; readonly container: string } {
    const key = query.key("key");
    const target = this.#options.find(key);
    const container = query.name("container");
    if (target.parsed.kind !== "pod") throw new Refusal(400, "only pods have shells");
    if (container === undefined) throw new Refusal(400, "container must be a name");
    return { key, target, container };
  }
}

/** In place of them where none may be opened. */
export function refuseShell(): never {
  throw new Refusal(403, "this dashboard opens no shells", { hint: "start it by `liqoctl dashboard --shell`" });
}
