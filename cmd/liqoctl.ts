/** liqoctl: flags to commands, results to exit codes. Commands live in src/cli and playground/supervisor. */
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Command, CommanderError } from "commander";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { createLogger, type LogLevel } from "#base/log.ts";
import { CliError, explained } from "#cli/errors.ts";
import { confirm } from "#cli/printer/confirm.ts";
import { createPrinter } from "#cli/printer/printer.ts";
import { PlaygroundError } from "#playground/supervisor/commands.ts";
import type { LiqoctlEnvironment } from "./liqoctl/environment.ts";
import { withBooleanValues } from "./liqoctl/flags.ts";
import { addLiqoCommands } from "./liqoctl/liqo.ts";
import { addPlaygroundCommands } from "./liqoctl/playground.ts";

const project = process.env["LIQO_PROJECT"] ?? dirname(dirname(import.meta.dirname));
const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => controller.abort());
const ctx: Context = {
  signal: controller.signal,
  log: createLogger({ level: (process.env["LIQO_LOG_LEVEL"] ?? "warn") as LogLevel }),
};
// Tools that set-up has fetched are used when the machine has none.
process.env["PATH"] = `${process.env["PATH"] ?? ""}:${join(project, ".tools/bin")}`;

const program = new Command("liqoctl");
const environment: LiqoctlEnvironment = {
  ctx,
  project,
  defaultKubeconfig: process.env["KUBECONFIG"]?.split(":")[0] || join(homedir(), ".kube/config"),
  playgroundHome: process.env["LIQO_PLAYGROUND_HOME"] ?? join(homedir(), ".liqo/playground"),
  path: process.env["PATH"],
  printer: createPrinter({
    terminal: process.stderr.isTTY === true && process.env["NO_COLOR"] === undefined,
    write: (text) => process.stderr.write(text),
    print: (text) => process.stdout.write(text),
    nowMs: () => performance.now(),
  }),
  isAnswered: process.stdin.isTTY === true,
  confirm: (command) => confirm(ask, command, program.opts()["skipConfirm"] === true),
};

program
  .description("Extends Kubernetes clusters with the resources of others.")
  // Of the program, so that every verb takes it, before or after its own name.
  .option("--skip-confirm", "do not ask before what cannot be undone", false)
  .exitOverride()
  .configureHelp({ sortSubcommands: true, showGlobalOptions: true })
  .showHelpAfterError("(add --help for the usage)");
addLiqoCommands(program, environment);
addPlaygroundCommands(program, environment);

try {
  await program.parseAsync(withBooleanValues(program, process.argv));
  process.exit(0);
} catch (cause) {
  if (cause instanceof CommanderError) process.exit(cause.exitCode);
  if (controller.signal.aborted) process.exit(130);
  const error = explained(cause);
  const hint = error instanceof CliError && error.hint !== undefined ? `\n  ${error.hint}` : "";
  // A CliError is worded for its reader; what caused it is in it already.
  const message = error instanceof CliError ? error.message : messageOf(error);
  process.stderr.write(`error: ${message}${hint}\n`);
  if (!(error instanceof CliError || error instanceof PlaygroundError) && process.env["LIQO_LOG_LEVEL"] === "debug")
    throw error;
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
