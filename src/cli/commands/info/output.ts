/** How `liqoctl info` and `liqoctl info peer` show what they have found: for people, for programs, or one value of it. */
import { type FlagValues, flag } from "../../command/flag.ts";
import { clusterFlags, outputFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { formatObject } from "../../printer/object.ts";

export const infoFlags = {
  ...clusterFlags,
  output: outputFlag("machine-readable output"),
  get: flag.string("a single value, such as local.clusterID", "path", { short: "g" }),
};

export interface Found {
  readonly all: unknown;
  /** Where paths begin. */
  readonly root: unknown;
  readonly format: () => string;
}

export function formatAs({ get, output }: FlagValues<typeof infoFlags>, { all, root, format }: Found): string {
  if (get !== undefined) {
    const value = getPath(root, get);
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  return output === undefined ? format() : formatObject(all, output);
}

/** The value at a dot path, without regard to case: `local.clusterid`, or `clusterid` for short. */
export function getPath(info: unknown, path: string): unknown {
  const full = path.toLowerCase() === "clusterid" ? "local.clusterid" : path;
  return full.split(".").reduce<unknown>((value, part) => {
    if (typeof value !== "object" || value === null) throw new CliError(`--get ${path}: there is nothing at "${part}"`);
    const key = Object.keys(value).find((name) => name.toLowerCase() === part.toLowerCase());
    if (key === undefined)
      throw new CliError(`--get ${path}: there is no "${part}"; there are ${Object.keys(value).join(", ")}`);
    return (value as Record<string, unknown>)[key];
  }, info);
}
