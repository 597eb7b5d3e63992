/** Locks among the processes of a playground, by `flock`: they end with whoever holds them, however he ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Context } from "#base/context.ts";

export type LockMode = "shared" | "exclusive";

/** Resolves when the lock is held, until it is disposed of. */
export async function lockFile(ctx: Context, path: string, mode: LockMode): Promise<AsyncDisposable> {
  const lock = await start(ctx, [`--${mode}`, path]);
  if (lock === undefined) throw new Error(`lock ${path}: not possible`);
  return lock;
}

/** Undefined when somebody else holds it. */
export function tryLockFile(ctx: Context, path: string): Promise<AsyncDisposable | undefined> {
  return start(ctx, ["--exclusive", "--nonblock", path]);
}

/** `cat` runs once the lock is held, says back what it is told, and ends with its input: with us. */
async function start(ctx: Context, args: readonly string[]): Promise<AsyncDisposable | undefined> {
  const child = spawn("flock", [...args, "cat"], { stdio: ["pipe", "pipe", "ignore"], signal: ctx.signal });
  const closed = once(child, "close");
  closed.catch(() => undefined);
  child.stdin.on("error", () => undefined);
  child.stdin.write("\n");
  const held = await Promise.race([once(child.stdout, "data").then(() => true), closed.then(() => false)]);
  if (!held) return undefined;
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end();
      await closed.catch(() => undefined);
    },
  };
}
