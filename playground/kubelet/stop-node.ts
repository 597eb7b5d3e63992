/** Ends all containers of a node whose agent has ended, as a machine that is switched off; the agent starts them again later. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Context, sleep } from "#base/context.ts";
import { thisHost } from "./host.ts";

const POLL_MS = 50;

/** SIGTERM, then, after `graceMs`, SIGKILL. Repeatable; a node that never was is success. */
export async function stopNode(ctx: Context, directory: string, graceMs: number, host = thisHost): Promise<void> {
  const folder = join(directory, "runtime");
  if (!existsSync(folder)) return;
  using runtime = host.openRuntime(folder, () => undefined);
  const running = (): string[] => runtime.list().filter((id) => runtime.isAlive(id));
  await Promise.all(running().map((id) => runtime.signal(ctx, id, "SIGTERM")));
  const deadline = host.clock.nowMs() + graceMs;
  while (running().length > 0 && host.clock.nowMs() < deadline && !ctx.signal.aborted)
    await sleep(ctx, POLL_MS, host.clock);
  await Promise.all(running().map((id) => runtime.signal(ctx, id, "SIGKILL")));
  while (running().length > 0 && !ctx.signal.aborted) await sleep(ctx, POLL_MS, host.clock);
}
