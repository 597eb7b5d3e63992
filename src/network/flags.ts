/** Flags as upstream's binaries take them, `--name=value`, booleans included. Go: spf13/pflag */
import { parseArgs } from "node:util";
import { parseDuration } from "#base/duration.ts";

/** A flag that is missing, unknown or malformed; the message names it and what is allowed. */
export class FlagError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "FlagError";
  }
}

/** The values of flags, typed when they are asked for. */
export class Flags {
  readonly #values: Readonly<Record<string, string | undefined>>;

  private constructor(values: Readonly<Record<string, string | undefined>>) {
    this.#values = values;
  }

  /** Refuses what is not in `names`. */
  static parse(args: readonly string[], names: readonly string[]): Flags {
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    try {
      return new Flags(parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values);
    } catch (cause) {
      throw new FlagError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  string(name: string, fallback?: string): string {
    const value = this.#values[name] ?? fallback;
    if (value === undefined || (value === "" && fallback === undefined)) throw new FlagError(`--${name} is required`);
    return value;
  }

  find(name: string): string | undefined {
    const value = this.#values[name];
    return value === "" ? undefined : value;
  }

  integer(name: string, fallback: number): number {
    const value = this.#values[name];
    if (value === undefined) return fallback;
    if (!/^\d{1,9}$/.test(value)) throw new FlagError(`--${name}: "${value}" must be a number`);
    return Number(value);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.#values[name];
    if (value === undefined) return fallback;
    if (value !== "true" && value !== "false") throw new FlagError(`--${name}: "${value}" must be true or false`);
    return value === "true";
  }

  durationMs(name: string, fallback: number): number {
    const value = this.#values[name];
    if (value === undefined) return fallback;
    const ms = parseDuration(value);
    if (ms === undefined) throw new FlagError(`--${name}: "${value}" must be a duration such as 2s or 1m30s`);
    return ms;
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback?: T): T {
    const value = this.#values[name] ?? fallback;
    const found = allowed.find((each) => each === value);
    if (found === undefined) throw new FlagError(`--${name}: "${value ?? ""}" must be one of ${allowed.join(", ")}`);
    return found;
  }

  /** The port of a Go listen address such as `:8083`; undefined for "0", which switches the endpoint off. */
  listenPort(name: string, fallback: string): number | undefined {
    const value = this.#values[name] ?? fallback;
    if (value === "0" || value === "") return undefined;
    const port = Number(/^(?:0\.0\.0\.0)?:(\d{1,5})$/.exec(value)?.[1] ?? Number.NaN);
    if (!(port <= 65_535)) throw new FlagError(`--${name}: "${value}" must be an address such as :8083, or 0`);
    return port;
  }
}
