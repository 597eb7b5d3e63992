/** What all executables share: a context that ends with SIGTERM or SIGINT, and an exit status that tells how it went. */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { createLogger, type LogLevel } from "#base/log.ts";
import { favourMemory, type Load } from "#base/memory.ts";
import { Metrics } from "#base/metrics.ts";
import { countProcess } from "#base/process-metrics.ts";
import { sourceStack } from "#base/stack.ts";

/** Adds a step that is taken at a signal, before the context ends: for what others still ask of this process. */
export type BeforeEnd = (step: () => Promise<void>) => void;

export type MainContext = Context & Required<Pick<Context, "metrics">>;

/** Runs `main` until it returns or a signal comes; exits with 1 when it throws. A second signal ends the context at once. */
export async function runMain(
  name: string,
  main: (ctx: MainContext, beforeEnd: BeforeEnd) => Promise<void>,
): Promise<void> {
  const level = (process.env["LIQO_LOG_LEVEL"] ?? "info") as LogLevel;
  const controller = new AbortController();
  const metrics = new Metrics();
  countProcess(metrics, name);
  const log = createLogger({ level, fields: { component: name } });
  const ctx: MainContext = { signal: controller.signal, log, metrics };
  const lastSteps: (() => Promise<void>)[] = [];
  const end = async (): Promise<void> => {
    // Taken once: the next signal finds none.
    await Promise.allSettled(lastSteps.splice(0).map((step) => step()));
    controller.abort();
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, end);
  // A rejected promise nobody waits for must not take the process and everything it serves down.
  process.on("unhandledRejection", (error) => ctx.log.error("unhandled rejection", { stack: sourceStack(error) }));
  process.on("uncaughtException", (error) => {
    ctx.log.error("uncaught exception", { stack: sourceStack(error) });
    process.exit(1);
  });
  try {
    await main(ctx, (step) => lastSteps.push(step));
    process.exit(0);
  } catch (error) {
    if (controller.signal.aborted) process.exit(0);
    ctx.log.error("failed", { error: messageOf(error), ...(isFault(error) && { stack: sourceStack(error) }) });
    process.exit(1);
  }
}

/** Whether the program is to blame, and not what it was given. */
function isFault(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

/** As runMain, for Liqo's components: a cluster pays for them even at rest, and for some of them again with each peer. */
export async function runComponent(name: string, load: Load, main: Parameters<typeof runMain>[1]): Promise<void> {
  favourMemory(load);
  await runMain(name, main);
}

/** The parsed JSON file that the first argument names. */
export async function readConfig<T>(): Promise<T> {
  const path = process.argv[2];
  if (path === undefined) throw new Error("usage: the first argument is the path of a configuration file");
  const { readFile } = await import("node:fs/promises");
  return JSON.parse(await readFile(path, "utf8")) as T;
}
