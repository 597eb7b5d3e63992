/** liqoctl inside the test's own process, with what its main program gives to it: for unit tests of commands. */
import { join } from "node:path";
import type { Context } from "#base/context.ts";
import type { Commands } from "#cli/command/command.ts";
import { runProgram } from "#cli/command/program.ts";
import { formatError } from "#cli/errors.ts";
import { createPrinter } from "#cli/printer/printer.ts";
import { liqoctl } from "../../cmd/liqoctl/commands.ts";
import { steppedClock } from "./stepped-clock.ts";

export interface LiqoctlOptions {
  readonly kubeconfig?: string;
  readonly playgroundHome?: string;
  /** What a person types when asked; undefined: nobody is there. */
  readonly answer?: string;
  /** Default: liqoctl's own. */
  readonly commands?: Commands;
}

export interface LiqoctlOutcome {
  readonly code: number;
  readonly stdout: string;
  /** Steps take 0.0 s. */
  readonly stderr: string;
}

export async function runLiqoctl(
  ctx: Context,
  args: readonly string[],
  options: LiqoctlOptions = {},
): Promise<LiqoctlOutcome> {
  const { answer, kubeconfig = "/nonexistent", playgroundHome = "/nonexistent", commands = liqoctl } = options;
  let stdout = "";
  let stderr = "";
  const output = {
    writeOut: (text: string) => {
      stdout += text;
    },
    writeErr: (text: string) => {
      stderr += text;
    },
  };
  const env = {
    project: join(import.meta.dirname, "../.."),
    defaultKubeconfig: kubeconfig,
    playgroundHome,
    path: process.env["PATH"] ?? "",
    printer: createPrinter({ terminal: false, write: output.writeErr, print: output.writeOut, clock: steppedClock() }),
    isAnswered: answer !== undefined,
    ask: async (question: string) => {
      output.writeErr(question);
      return answer;
    },
  };
  try {
    const code = await runProgram(commands, args, { ctx, env, output });
    return { code, stdout, stderr };
  } catch (error) {
    return { code: 1, stdout, stderr: stderr + formatError(error) };
  }
}
