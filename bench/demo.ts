/** How long does `make demo` take from installed dependencies to an open shop, and in which phases? */
import { join } from "node:path";
import { output } from "#kit/command.ts";
import type { Figure } from "./figures.ts";

const SCRIPT = join(import.meta.dirname, "../scripts/demo.ts");

/** Leaves the demo running in the home that `env` names. */
export async function demoFigures(env: Readonly<Record<string, string>>): Promise<Figure[]> {
  const startedAt = performance.now();
  const text = await output(process.execPath, [SCRIPT], { env, timeoutMs: 300_000 });
  const seconds = (performance.now() - startedAt) / 1_000;
  const phases = [...text.matchAll(/^✓ (.+) \(([\d.]+)s\)$/gm)].map(
    ([, name = "", value]): Figure => ({ name, value: Number(value), unit: "s" }),
  );
  return [...phases, { name: "in all", value: seconds, unit: "s", goal: "at most 60 s, wanted 15 s" }];
}
