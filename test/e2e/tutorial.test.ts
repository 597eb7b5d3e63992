/** docs/tutorial.md, command by command, in a shell: each succeeds, and each line of output shown there is there. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { chosenName } from "#engines/choose.ts";
import { outcome, output } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";

interface Step {
  readonly command: string;
  readonly shown: readonly string[];
}

const ROOT = join(import.meta.dirname, "../..");
const LIQOCTL = join(ROOT, "bin/liqoctl");

describe("the tutorial", {
  concurrency: 1,
  skip: chosenName() === "playground" ? false : "it makes embedded clusters",
}, () => {
  const home = mkdtempSync(join(tmpdir(), "liqo-e2e-"));
  const env = { LIQO_PLAYGROUND_HOME: home, PATH: `${ROOT}/bin:${process.env["PATH"]}`, NO_COLOR: "1" };
  const exported: string[] = [];
  after(async () => {
    await output(LIQOCTL, ["playground", "delete"], { env });
    rmSync(home, { recursive: true, force: true });
  });

  for (const { command, shown } of stepsOf(readFileSync(join(ROOT, "docs/tutorial.md"), "utf8"))) {
    test(command, async () => {
      const script = `cd "$0" && ${[...exported, command].join(" && ")}`;
      if (command.startsWith("export ")) exported.push(command);
      // What is read may need a moment to become so; what is changed is changed once.
      const isRead = /^(kubectl (get|describe|logs|exec|config)|curl|liqoctl info) ?/.test(command);
      await eventually(`the output of ${command}`, () => check(script, shown, env), isRead ? 20_000 : 0);
    });
  }
});

async function check(script: string, shown: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const { code, stdout, stderr } = await outcome("bash", ["-c", script, ROOT], { env });
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
