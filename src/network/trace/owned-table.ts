/** A table of nftables that ends with this process, by the owner flag: nft keeps the socket open that owns it. */
import { spawn } from "node:child_process";
import { type Context, sleep } from "#base/context.ts";
import type { Machine } from "../system/machine.ts";

/** What it says of the terminal that it does not have is none. */
const ERROR = /^Error/m;
const POLL_MS = 20;
const DEADLINE_MS = 5_000;

/** Resolves when the table is there. `text`: in one line. */
export async function openTable(
  ctx: Context,
  { tools, clock }: Machine,
  name: string,
  text: string,
): Promise<AsyncDisposable> {
  const nft = spawn("nft", ["-i"], { stdio: ["pipe", "ignore", "pipe"] });
  let says = "";
  nft.stderr.setEncoding("utf8").on("data", (chunk: string) => (says = `${says}${chunk}`.slice(0, 1_000)));
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      hasEnded = true;
      resolve();
    };
    nft.once("close", end).once("error", (error) => {
      says = error.message;
      end();
    });
  });
  nft.stdin.on("error", () => undefined);
  nft.stdin.write(text);
  const deadlineMs = clock.nowMs() + DEADLINE_MS;
  const isThere = (): Promise<boolean> =>
    tools.run(ctx, ["nft", "list", "table", "ip", name]).then(
      () => true,
      () => false,
    );
  const dispose = async (): Promise<void> => {
    nft.stdin.end();
    nft.kill("SIGTERM");
    await ended;
  };
  while (!(await isThere())) {
    if (ERROR.test(says) || hasEnded || ctx.signal.aborted || clock.nowMs() > deadlineMs) {
      await dispose();
      throw new Error(`table ${name} could not be made: ${says.trim() || "nft does not answer"}`);
    }
    await sleep(ctx, POLL_MS, clock);
  }
  return { [Symbol.asyncDispose]: dispose };
}
