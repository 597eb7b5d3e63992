/**
 * `make chaos [MINUTES=60] [SEED=<number>]`: two clusters of its own under load, and fault after fault. The same seed is
 * the same schedule. Exit code 1: something did not hold; 2: too little load for the run to count.
 */
import { randomInt } from "node:crypto";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { stepLines, summaryLines } from "./report.ts";
import { runChaos } from "./run.ts";

const minutes = numberOf("MINUTES", 10);
const seed = numberOf("SEED", randomInt(1_000_000));
const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
const ctx: Context = { signal: controller.signal, log: silentLogger };

print(`${minutes} minutes, seed ${seed}`);
const result = await runChaos(ctx, { minutes, seed, report: (number, step) => print(...stepLines(number, step)) });
print("", `seed ${seed}`, ...summaryLines(result));
const isBroken = result.steps.some(({ broken }) => broken.length > 0);
process.exit(isBroken ? 1 : result.missing.length > 0 ? 2 : 0);

function numberOf(name: string, usual: number): number {
  const text = process.env[name] ?? "";
  if (text === "") return usual;
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  process.stderr.write(`${name}=${text}: must be a number above 0\n`);
  process.exit(2);
}

function print(...lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
