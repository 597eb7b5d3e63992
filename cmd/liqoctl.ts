/** liqoctl: arguments to commands, results to exit codes. Commands live in src/cli/commands and liqoctl/playground. */
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { createLogger, type LogLevel } from "#base/log.ts";
import { sourceStack } from "#base/stack.ts";
import type { CommandEnvironment } from "#cli/command/environment.ts";
import { runProgram } from "#cli/command/program.ts";
import { CliError, explained, formatError } from "#cli/errors.ts";
import { createPrinter } from "#cli/printer/printer.ts";
import { PlaygroundError } from "#playground/supervisor/commands.ts";
import { liqoctl } from "./liqoctl/commands.ts";

const project = process.env["LIQO_PROJECT"] ?? dirname(dirname(import.meta.dirname));
const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
const ctx: Context = {
  signal: controller.signal,
  log: createLogger({ level: (process.env["LIQO_LOG_LEVEL"] ?? "warn") as LogLevel }),
};
// Tools that set-up has fetched are used when the machine has none.
process.env["PATH"] = `${process.env["PATH"] ?? ""}:${join(project, ".tools/bin")}`;

const env: CommandEnvironment = {
  project,
  defaultKubeconfig: process.env["KUBECONFIG"]?.split(":")[0] || join(homedir(), ".kube/config"),
  playgroundHome: process.env["LIQO_PLAYGROUND_HOME"] ?? join(homedir(), ".liqo/playground"),
  path: process.env["PATH"],
  printer: createPrinter({
    terminal: process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined,
    isPrintColoured: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
    write: (text) => process.stderr.write(text),
    print: (text) => process.stdout.write(text),
    clock: systemClock,
  }),
  isAnswered: process.stdin.isTTY === true,
  ask,
};

try {
  // As a plug-in of kubectl it is called otherwise.
  const name = process.env["LIQO_COMMAND"] || liqoctl.name;
  process.exit(await runProgram({ ...liqoctl, name }, process.argv.slice(2), { ctx, env }));
} catch (cause) {
  if (controller.signal.aborted) process.exit(130);
  process.stderr.write(formatError(cause));
  const error = explained(cause);
  if (!(error instanceof CliError || error instanceof PlaygroundError) && process.env["LIQO_LOG_LEVEL"] === "debug")
    process.stderr.write(`${sourceStack(error)}\n`);
  process.exit(1);
}

/** A line of standard input, from a person or a pipe. */
async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, terminal: false });
  process.stderr.write(question);
  try {
    for await (const line of lines) return line;
    process.stderr.write("\n");
    return undefined;
  } finally {
    lines.close();
  }
}
