/**
 * WireGuard by wireguard-go on /dev/net/tun, in the foreground as a child of this process.
 * One that a killed predecessor left behind in this network namespace is taken over.
 */
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Backoff } from "#base/backoff.ts";
import { type Context, sleep } from "#base/context.ts";
import { runTool, startTool, type Tools } from "../system/tools.ts";
import { type DriverOptions, hasLink, type WireguardDriver } from "./driver.ts";

const PROGRAM = "wireguard-go";
const TUN = { path: "/dev/net/tun", major: 10, minor: 200 } as const;
const START_MS = 5_000;
const POLL_MS = 20;

export async function startUserspaceDriver(
  ctx: Context,
  tools: Tools,
  { link, lost }: DriverOptions,
): Promise<WireguardDriver> {
  const version = await readVersion(ctx, tools);
  await ensureTunDevice(ctx, tools);
  const backoff = new Backoff({ baseMs: 100, maxMs: 5_000 });
  let child: ChildProcess | undefined;
  let isDisposed = false;
  const start = async (own: Context): Promise<void> => {
    // Without its process the interface is a dead TUN device.
    if (await hasLink(own, tools, link)) await runTool(own, tools, ["ip", "link", "del", "dev", link]);
    const started = startTool(tools, [PROGRAM, "-f", link], { LOG_LEVEL: "error", WG_PROCESS_FOREGROUND: "1" });
    child = started;
    const said: string[] = [];
    started.stderr?.setEncoding("utf8").on("data", (text: string) => said.push(text.trim()) > 20 && said.shift());
    started.stdout?.resume();
    const ended = new Promise<void>((resolve) => started.once("close", () => resolve()).once("error", () => resolve()));
    void ended.then(() => {
      if (child === started) child = undefined;
      if (isDisposed || ctx.signal.aborted) return;
      ctx.log.warn("wireguard-go ended", { link, said: said.join(" ") });
      setTimeout(lost, backoff.nextMs()).unref();
    });
    await answering(own, tools, link, started);
  };
  return {
    implementation: "userspace",
    description: `userspace (${version})`,
    async ensureLink(own) {
      if (await isAnswering(own, tools, link)) return false;
      child?.kill("SIGKILL");
      await start(own);
      return true;
    },
    async [Symbol.asyncDispose]() {
      isDisposed = true;
      const last = child;
      if (last === undefined) return;
      const ended = new Promise((resolve) => last.once("close", resolve));
      last.kill("SIGTERM");
      await Promise.race([ended, sleep({ signal: AbortSignal.timeout(1_000) }, 1_000)]);
    },
  };
}

/** Container runtimes allow the device to those who may make it, but do not make it themselves. */
async function ensureTunDevice(ctx: Context, tools: Tools): Promise<void> {
  if (existsSync(TUN.path)) return;
  mkdirSync(dirname(TUN.path), { recursive: true });
  await runTool(ctx, tools, ["mknod", "-m", "0600", TUN.path, "c", String(TUN.major), String(TUN.minor)]);
}

async function readVersion(ctx: Context, tools: Tools): Promise<string> {
  try {
    const text = await runTool(ctx, tools, [PROGRAM, "--version"]);
    return text.split("\n")[0]?.trim() ?? PROGRAM;
  } catch (cause) {
    throw new Error(`userspace WireGuard: ${PROGRAM} cannot be run; install the package ${PROGRAM}`, { cause });
  }
}

/** Whether the process behind the interface answers on its control socket. */
function isAnswering(ctx: Context, tools: Tools, link: string): Promise<boolean> {
  return runTool(ctx, tools, ["wg", "show", link, "listen-port"]).then(
    () => true,
    () => false,
  );
}

async function answering(ctx: Context, tools: Tools, link: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline && !ctx.signal.aborted) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if (await isAnswering(ctx, tools, link)) return;
    await sleep(ctx, POLL_MS);
  }
  child.kill("SIGKILL");
  throw new Error(`start ${PROGRAM} for ${link}: no answer on its control socket; is /dev/net/tun there?`);
}
