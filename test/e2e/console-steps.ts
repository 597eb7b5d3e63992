/** Commands of a page of docs, as a reader runs them: each succeeds, and each line of output shown there is there. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { outcome } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";

export const ROOT = join(import.meta.dirname, "../..");

interface Step {
  readonly command: string;
  readonly shown: readonly string[];
}

/** Where commands run. Read when the first of them does: clusters may be made before. */
export interface Shell {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A test per command of the page, in their order. `exported`: the `export` lines before it, to which it adds its own. */
export function testPage(page: string, shell: () => Shell, exported: string[] = []): void {
  for (const { command, shown } of stepsOf(readFileSync(join(ROOT, page), "utf8"))) {
    test(command, async () => {
      const script = `cd "$0" && ${[...exported, command].join(" && ")}`;
      if (command.startsWith("export ")) exported.push(command);
      // What is read may need a moment to become so; what is changed is changed once.
      const isRead = /^(kubectl (get|describe|logs|exec|config)|curl|liqoctl (check|info|why|trace)) ?/.test(command);
      await eventually(`the output of ${command}`, () => check(script, shown, shell()), isRead ? 20_000 : 0);
    });
  }
}

async function check(script: string, shown: readonly string[], { folder, env }: Shell): Promise<void> {
  const path = `${ROOT}/bin:${process.env["PATH"]}`;
  const { code, stdout, stderr } = await outcome("bash", ["-c", script, folder], {
    env: { ...env, PATH: path, NO_COLOR: "1" },
  });
  const printed = `${stdout}${stderr}`;
  assert.equal(code, 0, printed);
  for (const line of shown) assert.match(printed, patternOf(line));
}

/** The commands of all `console` blocks: lines after `$ `, each followed by what it prints. */
function stepsOf(text: string): Step[] {
  const blocks = [...text.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...lines] = part.trimEnd().split("\n");
        return { command, shown: lines };
      }),
  );
}

/**
 * The line with its numbers, random endings and widths left open, and for a Deployment's pod, also where it serves a page,
 * the side that it is on: the scheduler chose it.
 */
function patternOf(line: string): RegExp {
  const isFree = /^\S+-\w{8,10}-\w{5} /.test(line);
  const placed = line.replace("of cluster <code>rome</code>", "of cluster <code>cluster-0</code>");
  const open = isFree ? placed.replace(" liqo-rome ", " node-0 ") : placed;
  const words = open
    .trim()
    .split(/\s+/)
    .map((word) => {
      if (/^\d\/\d$/.test(word)) return word;
      const parts = word.split(/([\w.:-]*\d[\w.:-]*|-[bcdfghjklmnpqrstvwxz]{5}$)/);
      return parts.map((part, i) => (i % 2 === 1 ? "\\S+?" : part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("");
    });
  return new RegExp(`^\\s*${words.join("\\s+")}`, "m");
}
