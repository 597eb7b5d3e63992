/**
 * Flags of the components, as Go's pflag reads them and in its words: `--name=value`, `--name value`, switches bare or with
 * a value. The kinds of a program's flags give the types of what is parsed, so that a misspelt name does not compile.
 * Go: spf13/pflag, flag.go
 */
import { parseDuration } from "./duration.ts";

/** A flag that is missing, unknown or malformed; the message names it. */
export class FlagError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FlagError";
  }
}

export interface FlagKind<T> {
  /** When the flag is not given. */
  readonly initial: T;
  readonly isRequired?: boolean;
  /** Needs no value: without one it is on. */
  readonly isSwitch?: boolean;
  /** `earlier` is what the same flag said before, when it is repeated. Throws a FlagError that says why not. */
  parse(text: string, earlier: T | undefined): T;
}

export type FlagKinds = Readonly<Record<string, FlagKind<unknown>>>;
export type ParsedFlags<K> = { readonly [N in keyof K]: K[N] extends FlagKind<infer T> ? T : never };

/** Throws a FlagError for the first thing that is wrong. */
export function parseFlags<K extends FlagKinds>(args: readonly string[], kinds: K): ParsedFlags<K> {
  const given = new Map<string, unknown>();
  for (const [name, text] of scan(args, kinds)) {
    try {
      given.set(name, kinds[name]?.parse(text, given.get(name)));
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      throw new FlagError(`invalid argument ${JSON.stringify(text)} for "--${name}" flag: ${error.message}`);
    }
  }
  const missing = Object.keys(kinds).filter((name) => kinds[name]?.isRequired === true && !given.has(name));
  if (missing.length > 0) throw notSet(missing);
  const values = Object.entries(kinds).map(([name, { initial }]) => [
    name,
    given.has(name) ? given.get(name) : initial,
  ]);
  // Each value was made by the kind that its name has.
  return Object.fromEntries(values) as ParsedFlags<K>;
}

/** cobra's error for flags that must be given. */
export function notSet(names: readonly string[]): FlagError {
  return new FlagError(
    `required flag(s) ${[...names]
      .sort()
      .map((name) => `"${name}"`)
      .join(", ")} not set`,
  );
}

function* scan(args: readonly string[], kinds: FlagKinds): Generator<readonly [string, string]> {
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    const isFlag = arg.length > 1 && arg.startsWith("-") && arg !== "--";
    if (!isFlag) {
      const argument = arg === "--" ? args[index + 1] : arg;
      if (argument === undefined) return;
      throw new FlagError(`unexpected argument ${JSON.stringify(argument)}: only flags are allowed`);
    }
    if (!arg.startsWith("--")) throw new FlagError(`unknown shorthand flag: '${arg[1]}' in ${arg}`);
    if (arg[2] === "-" || arg[2] === "=") throw new FlagError(`bad flag syntax: ${arg}`);
    const at = arg.indexOf("=");
    const name = arg.slice(2, at < 0 ? undefined : at);
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw new FlagError(`unknown flag: --${name}`);
    const text = at >= 0 ? arg.slice(at + 1) : kind.isSwitch === true ? "true" : args[++index];
    if (text === undefined) throw new FlagError(`flag needs an argument: --${name}`);
    yield [name, text];
  }
}

/** A text. Without a default it is undefined when it is not given; one that is empty counts as not given. */
export function text(): FlagKind<string | undefined>;
export function text(initial: string): FlagKind<string>;
export function text(initial?: string): FlagKind<string | undefined> {
  return { initial, parse: (given) => (given === "" ? initial : given) };
}

/** A text that must be given. */
export function required(): FlagKind<string> {
  return { initial: "", isRequired: true, parse: (given) => given || refuse("must not be empty") };
}

const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

/** Go: strconv.ParseBool */
export function boolean(initial: boolean): FlagKind<boolean> {
  const parse = (given: string): boolean =>
    TRUE.includes(given) || (!FALSE.includes(given) && refuse("use true or false"));
  return { initial, isSwitch: true, parse };
}

export function integer(initial: number, least = 0): FlagKind<number> {
  const parse = (given: string): number => {
    const value = wholeNumber(given);
    return value >= least ? value : refuse(`must be at least ${least}`);
  };
  return { initial, parse };
}

/** All values of a flag that may be repeated or hold commas. */
export function integers(): FlagKind<readonly number[]> {
  return { initial: [], parse: (given, earlier = []) => [...earlier, ...entries(given).map(wholeNumber)] };
}

/** Go's notation, in milliseconds. */
export function durationMs(initial: string): FlagKind<number> {
  const parse = (given: string): number => {
    const ms = parseDuration(given) ?? refuse("use a duration such as 40s or 1m30s");
    return ms < 0 ? refuse("must not be negative") : ms;
  };
  return { initial: parse(initial), parse };
}

/** All values of a flag that may be repeated or hold commas. */
export function list(): FlagKind<readonly string[]> {
  return { initial: [], parse: (given, earlier = []) => [...earlier, ...entries(given)] };
}

/** `a=1,b=2`, and more when it is repeated. */
export function pairs(initial = ""): FlagKind<Readonly<Record<string, string>>> {
  const parse = (given: string, earlier: Readonly<Record<string, string>> = {}) => ({
    ...earlier,
    ...Object.fromEntries(entries(given).map(pairOf)),
  });
  return { initial: parse(initial), parse };
}

/** One of a few words; must be given when there is no default. */
export function oneOf<const T extends string>(allowed: readonly [T, ...T[]], initial?: NoInfer<T>): FlagKind<T> {
  const words = allowed.join(", ").replace(/, ([^,]*)$/, " or $1");
  const parse = (given: string): T => allowed.find((word) => word === given) ?? refuse(`use ${words}`);
  return { initial: initial ?? allowed[0], isRequired: initial === undefined, parse };
}

/** The port of a Go listen address such as `:8083`; undefined for "0", which switches the endpoint off. */
export function listenPort(initial: string): FlagKind<number | undefined> {
  const parse = (given: string): number | undefined => {
    if (given === "0" || given === "") return undefined;
    const port = Number(/^(?:0\.0\.0\.0)?:(\d{1,5})$/.exec(given)?.[1]);
    return port <= 65_535 ? port : refuse("use an address such as :8083, or 0");
  };
  return { initial: parse(initial), parse };
}

/** A flag of upstream's that has one meaning here; any other value is refused with the reason. */
export function only<const T extends string>(value: T, reason: string): FlagKind<T> {
  const isSwitch = value === "true" || value === "false";
  return { initial: value, isSwitch, parse: (given) => (given === value ? value : refuse(reason)) };
}

/** A flag of upstream's that makes no sense here: known, so that its refusal has a reason; empty it counts as not given. */
export function refused(reason: string): FlagKind<undefined> {
  return { initial: undefined, parse: (given) => (given === "" ? undefined : refuse(reason)) };
}

function entries(given: string): string[] {
  return given.split(",").filter((entry) => entry !== "");
}

function pairOf(entry: string): [string, string] {
  const at = entry.indexOf("=");
  return at > 0 ? [entry.slice(0, at), entry.slice(at + 1)] : refuse(`${entry} must be formatted as key=value`);
}

function wholeNumber(given: string): number {
  return /^\d+$/.test(given) && Number.isSafeInteger(Number(given)) ? Number(given) : refuse("use a whole number");
}

function refuse(why: string): never {
  throw new FlagError(why);
}
