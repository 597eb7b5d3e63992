/**
 * WireGuard by a program on /dev/net/tun, in the foreground as a child of this process.
 * One that a killed predecessor left behind in this network namespace is taken over.
 */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { Backoff } from "#base/backoff.ts";
import { type Context, sleep } from "#base/context.ts";
import type { Machine } from "../system/machine.ts";
import type { ToolProcess, Tools } from "../system/tools.ts";
import { type DriverOptions, hasLink, type WireguardDriver } from "./driver.ts";
import { findProgram, type Program } from "./programs.ts";

const TUN = { path: "net/tun", major: 10, minor: 200 } as const;
const END_MS = 1_000;
const START_MS = 5_000;
const POLL_MS = 20;

export async function startUserspaceDriver(
  ctx: Context,
  machine: Machine,
  { link, lost }: DriverOptions,
): Promise<WireguardDriver> {
  const { tools, clock } = machine;
  const { program, version } = await findProgram(ctx, tools);
  await ensureTunDevice(ctx, machine);
  const backoff = new Backoff({ baseMs: 100, maxMs: 5_000 });
  let child: ToolProcess | undefined;
  let isDisposed = false;
  let forget = (): void => undefined;
  const start = async (own: Context): Promise<void> => {
    // Without its process the interface is a dead TUN device.
    if (await hasLink(own, tools, link)) await tools.run(own, ["ip", "link", "del", "dev", link]);
    const { argv, env } = program.start(link);
    const started = tools.start([program.name, ...argv], env);
    child = started;
    const said: string[] = [];
    started.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text.trim()) > 20 && said.shift());
    started.stdout.resume();
    void started.ended.then(() => {
      // One that was replaced is no news.
      if (child !== started) return;
      child = undefined;
      if (isDisposed || ctx.signal.aborted) return;
      ctx.log.warn(`${program.name} ended`, { link, said: said.join(" ") });
      forget = clock.after(backoff.nextMs(), lost);
    });
    await answering(own, machine, { link, program }, started);
  };
  return {
    implementation: "userspace",
    description: `userspace (${version})`,
    async ensureLink(own) {
      if (await isAnswering(own, tools, link)) return false;
      const silent = child;
      child = undefined;
      silent?.kill("SIGKILL");
      await start(own);
      return true;
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      forget();
      const last = child;
      if (last === undefined) return;
      last.kill("SIGTERM");
      const waiting = new AbortController();
      await Promise.race([last.ended, sleep(waiting, END_MS, clock)]);
      waiting.abort();
    },
  };
}

/** Container runtimes allow the device to those who may make it, but do not make it themselves. */
async function ensureTunDevice(ctx: Context, { tools, devices }: Machine): Promise<void> {
  const path = join(devices, TUN.path);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  await tools.run(ctx, ["mknod", "-m", "0600", path, "c", String(TUN.major), String(TUN.minor)]);
}

/** Whether the process behind the interface answers on its control socket. */
function isAnswering(ctx: Context, tools: Tools, link: string): Promise<boolean> {
  return tools.run(ctx, ["wg", "show", link, "listen-port"]).then(
    () => true,
    () => false,
  );
}

async function answering(
  ctx: Context,
  { tools, clock }: Machine,
  { link, program }: { readonly link: string; readonly program: Program },
  child: ToolProcess,
): Promise<void> {
  const deadlineMs = clock.nowMs() + START_MS;
  while (clock.nowMs() < deadlineMs && !ctx.signal.aborted) {
    if (!child.isRunning) break;
    if (await isAnswering(ctx, tools, link)) return;
    await sleep(ctx, POLL_MS, clock);
  }
  child.kill("SIGKILL");
  throw new Error(`start ${program.name} for ${link}: no answer on its control socket; is /dev/net/tun there?`);
}
