/** Commands as a program: commander parses and words the help, with what Go's pflag accepts besides. */
import { Argument, CommanderError, InvalidArgumentError, Option, Command as Parser } from "commander";
import type { Context } from "#base/context.ts";
import { completeWords, formatCompletion } from "../completion/complete.ts";
import { confirm } from "../printer/confirm.ts";
import { usageOf } from "./argument.ts";
import { withBooleanValues } from "./boolean-values.ts";
import type { Command, Commands } from "./command.ts";
import type { CommandEnvironment, Environment } from "./environment.ts";
import { type Flag, InvalidValue, longName } from "./flag.ts";
import { GLOBAL_FLAGS, type GlobalFlag, mergePairs } from "./global-flags.ts";
import { realCommand } from "./plan-flag.ts";

// As cobra's: for scripts of shells, and for those that show no descriptions.
const COMPLETION = ["__complete", "__completeNoDesc"];

export interface ProgramOptions {
  readonly ctx: Context;
  readonly env: CommandEnvironment;
  /** Of help and usage errors; default: the process's own. */
  readonly output?: { readonly writeOut: (text: string) => void; readonly writeErr: (text: string) => void };
}

/** What a flag's parser made of the line: commander takes some values, such as undefined, for its own. */
class Parsed {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

/**
 * Runs the command that the arguments name; resolves to the exit status. Help and usage errors are written, what the command
 * throws is passed on.
 */
export async function runProgram(
  commands: Commands,
  args: readonly string[],
  options: ProgramOptions,
): Promise<number> {
  const { ctx, env } = options;
  const [verb = "", ...words] = args;
  if (COMPLETION.includes(verb)) {
    const completion = await completeWords(ctx, env, commands, words);
    env.printer.print(formatCompletion(completion, verb === COMPLETION[0]));
    return 0;
  }
  let status = 0;
  const end = (code: number): void => {
    status = code;
  };
  const parser = createParser(commands, { ...options, args, end });
  try {
    await parser.parseAsync(withBooleanValues(parser, args), { from: "user" });
    return status;
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode;
    throw cause;
  }
}

interface ParserOptions extends ProgramOptions {
  readonly args: readonly string[];
  /** Told the exit status of the command that was run. */
  readonly end: (status: number) => void;
}

function createParser({ name, summary, groups, commands }: Commands, options: ParserOptions): Parser {
  const { ctx, env, output, args, end } = options;
  const program = new Parser(name);
  if (output !== undefined) program.configureOutput(output);
  program
    .description(summary)
    .exitOverride()
    .configureHelp({ sortSubcommands: true, showGlobalOptions: true })
    .showHelpAfterError("(add --help for the usage)");
  // Of the program, so that every verb takes them, before or after its own name.
  for (const flag of GLOBAL_FLAGS) program.addOption(globalOption(flag));
  const own: Omit<Environment, "commandLine"> = {
    ...env,
    confirm: (what) => confirm(env.ask, what, program.getOptionValue("skipConfirm") === true),
    marks: () => ({
      labels: program.getOptionValue("globalLabels") ?? {},
      annotations: program.getOptionValue("globalAnnotations") ?? {},
    }),
  };
  for (const group of groups) parserAt(program, group.path).description(group.summary);
  for (const command of commands) {
    const parser = parserAt(program, command.path);
    addWords(parser, command, name);
    const given = { flag: flagReader(parser, command), argument: argumentReader(parser, command) };
    const commandLine = realCommand(name, args, command.planOnly);
    parser.action(async () => end(await command.run(ctx, { ...own, commandLine }, given)));
  }
  // What has both flags and commands below it leaves to those the flags that follow their names.
  for (const parser of commands.map(({ path }) => parserAt(program, path)))
    if (parser.commands.length > 0) parser.enablePositionalOptions();
  return program;
}

function globalOption({ word, value, description }: GlobalFlag): Option {
  const option = new Option(value === undefined ? word : `${word} ${value}`, description);
  if (value === undefined) return option;
  return option.argParser((text: string, earlier: unknown) =>
    refusing(() => mergePairs(text, typeof earlier === "object" && earlier !== null ? { ...earlier } : {})),
  );
}

/** Commander's own error for what is no value of a flag. */
function refusing<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw cause instanceof InvalidValue ? new InvalidArgumentError(cause.message) : cause;
  }
}

/** Examples are written for the program by its usual name. */
function formatExamples(lines: readonly string[], name: string): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line.replaceAll(/\bliqoctl\b/g, name)}`).join("\n")}\n`;
}

function parserAt(program: Parser, path: readonly string[]): Parser {
  let parser = program;
  for (const word of path) parser = parser.commands.find((child) => child.name() === word) ?? parser.command(word);
  return parser;
}

function addWords(parser: Parser, command: Command, name: string): void {
  const { summary, description, examples = [] } = command;
  parser.summary(summary).description(description === undefined ? summary : `${summary}\n\n${description}`);
  parser.aliases(command.aliases ?? []);
  for (const [key, argument] of Object.entries(command.args))
    parser.addArgument(new Argument(usageOf(key, argument), argument.description));
  for (const [key, flag] of Object.entries(command.flags)) parser.addOption(optionOf(key, flag));
  if (examples.length > 0) parser.addHelpText("after", formatExamples(examples, name));
}

function optionOf(key: string, flag: Flag<unknown>): Option {
  const { short, value, initial, shown, choices } = flag;
  const names = `${short === undefined ? "" : `-${short}, `}${longName(key)}`;
  const option = new Option(value === undefined ? names : `${names} ${value}`, flag.description);
  option.makeOptionMandatory(flag.isRequired === true);
  if (choices !== undefined) option.choices(choices);
  // Commander keeps `--no-x` under the name of x, and would show its default as that of x.
  if (flag.isRequired !== true && !option.negate && initial !== undefined) option.default(initial, shown);
  if (!option.required) option.preset("true");
  return option.argParser((text: string, earlier: unknown) =>
    refusing(() => new Parsed(flag.parse(text, earlier instanceof Parsed ? earlier.value : initial))),
  );
}

/** A flag that stood before the name of a command belongs to it all the same, if it has it. */
function flagReader(parser: Parser, { flags }: Command): (key: string) => unknown {
  return (key) => {
    const name = parser.options.find(({ long }) => long === longName(key))?.attributeName() ?? key;
    for (let owner = parser.parent; owner?.parent != null; owner = owner.parent) {
      if (owner.getOptionValueSource(name) === "cli") return parsedValue(owner, name, flags[key]?.initial);
    }
    return parsedValue(parser, name, flags[key]?.initial);
  };
}

function parsedValue(parser: Parser, name: string, initial: unknown): unknown {
  const value: unknown = parser.getOptionValue(name);
  return value instanceof Parsed ? value.value : initial;
}

function argumentReader(parser: Parser, { args }: Command): (key: string) => unknown {
  const keys = Object.keys(args);
  return (key) => {
    const argument = args[key];
    const at = keys.indexOf(key);
    return argument?.read(argument.isMany ? parser.args.slice(at) : parser.args.slice(at, at + 1));
  };
}
