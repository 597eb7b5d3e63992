/**
 * The flags of a command, with the types of their values: a command reads what it has declared, and a misspelt name does
 * not compile. Words and defaults are those that `--help`, the completion and docs/liqoctl.md show.
 */
import { parseDuration } from "#base/duration.ts";
import type { Completer } from "./completer.ts";

/** What a value may not be; the message says what it must be. */
export class InvalidValue extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidValue";
  }
}

export interface Flag<T> {
  readonly description: string;
  /** What stands for the value in the help: `<name>`, `[bool]` when it may be left out; undefined: there is none. */
  readonly value?: string | undefined;
  /** A single letter. */
  readonly short?: string | undefined;
  readonly isRequired?: boolean;
  readonly choices?: readonly string[];
  /** When the flag is not given. */
  readonly initial: T;
  /** The default as a person would write it; otherwise as it is. */
  readonly shown?: string;
  readonly complete?: Completer | undefined;
  /** `earlier` is what it has been so far: for flags that may be repeated. Throws an InvalidValue. */
  parse(text: string, earlier: T): T;
}

export type Flags = Readonly<Record<string, Flag<unknown>>>;
export type FlagValues<F> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

export interface ValueOptions {
  readonly short?: string;
  readonly complete?: Completer;
}

/** A text; one that is empty counts as not given. */
function string(description: string, value: string, options: ValueOptions & { initial: string }): Flag<string>;
function string(description: string, value: string, options?: ValueOptions): Flag<string | undefined>;
function string(
  description: string,
  value: string,
  options: ValueOptions & { initial?: string } = {},
): Flag<string | undefined> {
  const { initial } = options;
  return { description, value: `<${value}>`, ...options, initial, parse: (text) => text || initial };
}

/** A text that must be given. */
function required(description: string, value: string, options: ValueOptions = {}): Flag<string> {
  return { description, value: `<${value}>`, isRequired: true, ...options, initial: "", parse: (text) => text };
}

/** One of a few words, which must be given. */
function requiredChoice<const T extends string>(description: string, value: string, choices: readonly T[]): Flag<T> {
  const [initial] = choices;
  if (initial === undefined) throw new Error(`${description}: there is nothing to choose`);
  return { ...choice(description, value, choices, { initial }), isRequired: true };
}

/** A value that must be given and that `parse` reads. `initial` is never seen. */
function requiredOf<T>(description: string, value: string, parse: (text: string) => T, initial: T): Flag<T> {
  return { description, value: `<${value}>`, isRequired: true, initial, parse };
}

/** Off, unless it is given. Without a value; as everywhere, `=true` and `=false` may follow. */
function boolean(description: string, options: { readonly short?: string } = {}): Flag<boolean> {
  return { description, ...options, initial: false, parse: (text) => bool(text) };
}

/** On, unless `=false` follows. */
function switchedOn(description: string): Flag<boolean> {
  return { description, value: "[bool]", initial: true, parse: bool };
}

/** One of a few words. */
function choice<const T extends string>(
  description: string,
  value: string,
  choices: readonly T[],
  options: ValueOptions & { initial: NoInfer<T> },
): Flag<T>;
function choice<const T extends string>(
  description: string,
  value: string,
  choices: readonly T[],
  options?: ValueOptions,
): Flag<T | undefined>;
function choice(
  description: string,
  value: string,
  choices: readonly string[],
  options: ValueOptions & { initial?: string } = {},
) {
  const { initial } = options;
  const parse = (text: string): string => {
    if (!choices.includes(text)) throw new InvalidValue(`Allowed choices are ${choices.join(", ")}.`);
    return text;
  };
  return { description, value: `<${value}>`, choices, ...options, initial, parse };
}

/** Milliseconds, of Go's notation. */
function duration(description: string, initial: string): Flag<number> {
  return { description, value: "<duration>", initial: durationMs(initial), shown: initial, parse: durationMs };
}

/** A value that `parse` reads. */
function of<T>(description: string, value: string, parse: (text: string) => T, initial: T): Flag<T> {
  return { description, value: `<${value}>`, initial, parse };
}

/** May be given several times. */
function repeated(description: string, value: string, options: ValueOptions = {}): Flag<readonly string[]> {
  const parse = (text: string, earlier: readonly string[]): string[] => [...earlier, text];
  return { description, value: `<${value}>`, ...options, initial: [], parse };
}

/** May be given several times, and several may stand in one, parted by commas: as pflag's slices. */
function lists(
  description: string,
  value: string,
  options: ValueOptions & { readonly initial?: readonly string[]; readonly isRequired?: boolean } = {},
): Flag<readonly string[]> {
  const { initial = [] } = options;
  return {
    description,
    value: `<${value},…>`,
    ...options,
    initial,
    ...(initial.length > 0 && { shown: initial.join(",") }),
    // What is given takes the place of the default.
    parse: (text, earlier) => [...(earlier === initial ? [] : earlier), ...list(text)],
  };
}

export const flag = {
  string,
  required,
  requiredOf,
  requiredChoice,
  boolean,
  switchedOn,
  choice,
  duration,
  of,
  repeated,
  lists,
};

/** `podCidr` is written `--pod-cidr`. */
export function longName(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function list(text: string): string[] {
  return text.split(",").filter((item) => item !== "");
}

export function pairs(text: string): Record<string, string> {
  return Object.fromEntries(
    list(text).map((entry) => {
      const at = entry.indexOf("=");
      if (at <= 0) throw new InvalidValue(`"${entry}" is not key=value`);
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

export function number(text: string): number {
  const parsed = integer(text);
  if (parsed < 0) throw new InvalidValue("must be a whole number");
  return parsed;
}

export function integer(text: string): number {
  const parsed = Number(text);
  if (!Number.isInteger(parsed)) throw new InvalidValue("must be a whole number");
  return parsed;
}

export function port(text: string): number {
  const parsed = number(text);
  if (parsed < 1 || parsed > 65535) throw new InvalidValue("must be a port from 1 to 65535");
  return parsed;
}

function bool(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidValue("must be true or false");
  return text === "true";
}

function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 0) throw new InvalidValue("must be a duration such as 90s or 10m");
  return ms;
}
