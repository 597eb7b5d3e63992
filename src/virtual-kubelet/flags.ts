/** Command-line flags as Go's pflag reads them: `--name=value`, `--name value`, `--switch`. Messages are pflag's. */
export type FlagKind = "string" | "boolean" | "integer" | "duration" | "list" | "map";

/** A flag that is not known, or whose value makes no sense. */
export class FlagError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "FlagError";
  }
}

export class Flags {
  readonly #values = new Map<string, string[]>();

  constructor(args: readonly string[], kinds: Readonly<Record<string, FlagKind>>) {
    for (let index = 0; index < args.length; index++) {
      const arg = args[index] ?? "";
      if (!arg.startsWith("--")) throw new FlagError(`unexpected argument "${arg}": only flags are allowed`);
      const [name = "", inline] = splitOnce(arg.slice(2), "=");
      const kind = kinds[name];
      if (kind === undefined) throw new FlagError(`unknown flag: --${name}`);
      const value = inline ?? (kind === "boolean" ? "true" : args[++index]);
      if (value === undefined) throw new FlagError(`flag needs an argument: --${name}`);
      this.#values.set(name, [...(this.#values.get(name) ?? []), value]);
    }
  }

  /** The last value given, as pflag; undefined when absent or empty. */
  string(name: string): string | undefined {
    const value = this.#values.get(name)?.at(-1);
    return value === "" ? undefined : value;
  }

  required(name: string): string {
    const value = this.string(name);
    if (value === undefined) throw new FlagError(`required flag --${name} is not set`);
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.string(name);
    if (value === undefined) return fallback;
    if (["true", "1", "t", "T", "TRUE", "True"].includes(value)) return true;
    if (["false", "0", "f", "F", "FALSE", "False"].includes(value)) return false;
    throw invalid(name, value, "use true or false");
  }

  integer(name: string, fallback: number): number {
    const value = this.string(name);
    if (value === undefined) return fallback;
    if (!/^\d+$/.test(value)) throw invalid(name, value, "use a whole number");
    return Number(value);
  }

  /** Go's notation (`1m30s`, `500ms`, `0`) in milliseconds. */
  durationMs(name: string, fallbackMs: number): number {
    const value = this.string(name);
    if (value === undefined) return fallbackMs;
    const durationMs = parseDuration(value);
    if (durationMs === undefined) throw invalid(name, value, "use a duration such as 40s or 1m30s");
    return durationMs;
  }

  /** All values of a flag that may be repeated or hold commas. */
  list(name: string): string[] {
    return (this.#values.get(name) ?? []).flatMap((value) => value.split(",")).filter((value) => value !== "");
  }

  /** `a=1,b=2` */
  map(name: string): Record<string, string> {
    return Object.fromEntries(
      this.list(name).map((entry) => {
        const [key = "", value] = splitOnce(entry, "=");
        if (value === undefined) throw invalid(name, entry, "use key=value");
        return [key, value];
      }),
    );
  }
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit = ""] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * (UNIT_MS[unit] ?? 0);
  }
  return totalMs;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function invalid(name: string, value: string, remedy: string): FlagError {
  return new FlagError(`invalid argument "${value}" for "--${name}" flag: ${remedy}`);
}
