/** Follows `ip monitor` and calls back when a link changed or a route or rule was deleted. iproute2: ip-monitor(8) */
import { createInterface } from "node:readline";
import { Backoff } from "#base/backoff.ts";
import { type Context, sleep } from "#base/context.ts";
import type { Machine } from "./machine.ts";
import type { Tools } from "./tools.ts";

export interface Triggered {
  trigger(): void;
}

/** Runs until the context ends; a monitor that dies is started again. All are triggered after each start too. */
export async function monitorNetwork(
  ctx: Context,
  { tools, clock }: Machine,
  triggered: readonly Triggered[],
): Promise<void> {
  const changed = (): void => {
    for (const each of triggered) each.trigger();
  };
  const backoff = new Backoff({ baseMs: 500, maxMs: 30_000 });
  while (!ctx.signal.aborted) {
    await follow(ctx, tools, changed);
    await sleep(ctx, backoff.nextMs(), clock);
  }
}

async function follow(ctx: Context, tools: Tools, changed: () => void): Promise<void> {
  const child = tools.start(["ip", "-4", "-oneline", "monitor", "link", "route", "rule"]);
  const stop = (): void => child.kill("SIGKILL");
  ctx.signal.addEventListener("abort", stop, { once: true });
  if (ctx.signal.aborted) stop();
  child.stderr.resume();
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    if (isOfInterest(line)) changed();
  });
  changed();
  await child.ended;
  lines.close();
  ctx.signal.removeEventListener("abort", stop);
}

/** Links in any way; routes and rules only when deleted: what we add ourselves is no news. */
export function isOfInterest(line: string): boolean {
  return line.startsWith("Deleted ") || /^\d+: \S+: </.test(line);
}
