/** Flags that several of Liqo's commands share, and parsers of their values. Upstream: cmd/liqoctl/cmd, pkg/liqoctl/factory */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Cluster, type ClusterFlags, openCluster } from "#cli/cluster.ts";
import { CliError } from "#cli/errors.ts";
import type { HelmFlags } from "#cli/helm.ts";
import type { LiqoctlEnvironment } from "./environment.ts";

export type Flags = Record<string, string | boolean | string[] | number | undefined>;

export function withCluster(command: Command): Command {
  return command
    .option("--kubeconfig <path>", "kubeconfig of the local cluster (default: $KUBECONFIG or ~/.kube/config)")
    .option("--context <name>", "context of the local cluster")
    .option("--cluster <name>", "cluster entry of the local kubeconfig")
    .option("--user <name>", "user entry of the local kubeconfig")
    .option("-n, --namespace <name>", "namespace of Liqo", "liqo")
    .option("-v, --verbose", "say more", false);
}

export function withRemote(command: Command): Command {
  return withCluster(command)
    .option(
      "--remote-kubeconfig <path>",
      "kubeconfig of the remote cluster (default: the local one, with --remote-context)",
    )
    .option("--remote-context <name>", "context of the remote cluster")
    .option("--remote-cluster <name>", "cluster entry of the remote kubeconfig")
    .option("--remote-user <name>", "user entry of the remote kubeconfig")
    .option("--remote-namespace <name>", "namespace of Liqo in the remote cluster (default: as --namespace)");
}

export function text(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function localFlags(flags: Flags): ClusterFlags {
  return {
    kubeconfig: text(flags, "kubeconfig"),
    context: text(flags, "context"),
    cluster: text(flags, "cluster"),
    user: text(flags, "user"),
  };
}

export function openLocal(flags: Flags, env: LiqoctlEnvironment): Cluster {
  return openCluster(localFlags(flags), text(flags, "namespace") ?? "liqo", env.defaultKubeconfig);
}

export function openRemote(flags: Flags, env: LiqoctlEnvironment): Cluster {
  const remote = {
    kubeconfig: text(flags, "remoteKubeconfig"),
    context: text(flags, "remoteContext"),
    cluster: text(flags, "remoteCluster"),
    user: text(flags, "remoteUser"),
  };
  if (Object.values(remote).every((value) => value === undefined)) {
    throw new CliError("the remote cluster is not named", {
      hint: "give --remote-kubeconfig, or --remote-context for a context of the same kubeconfig",
    });
  }
  const kubeconfig = remote.kubeconfig ?? text(flags, "kubeconfig") ?? env.defaultKubeconfig;
  return openCluster(
    { ...remote, kubeconfig },
    text(flags, "remoteNamespace") ?? text(flags, "namespace") ?? "liqo",
    kubeconfig,
  );
}

export function helmFlags(flags: Flags, env: LiqoctlEnvironment): HelmFlags {
  return { kubeconfig: text(flags, "kubeconfig") ?? env.defaultKubeconfig, context: text(flags, "context") };
}

export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}

export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** `--timeout`, with its default as a person would write it. */
export function timeout(value: string): Option {
  return new Option("--timeout <duration>", "how long to wait").argParser(durationMs).default(durationMs(value), value);
}

/** A boolean that is on by default: `--name=false` turns it off. */
export function switchedOn(name: string, description: string): Option {
  return new Option(`--${name} [bool]`, description).argParser(bool).preset("true").default(true);
}

/** As Go's pflag: `--purge=true` and `--purge=false` for flags that take no value. */
export function withBooleanValues(program: Command, argv: readonly string[]): string[] {
  const names = new Set<string>();
  const collectNames = (command: Command): void => {
    for (const option of command.options) if (option.isBoolean() && option.long !== undefined) names.add(option.long);
    command.commands.forEach(collectNames);
  };
  collectNames(program);
  return argv.flatMap((argument) => {
    const [, name = "", value = ""] = /^(--[a-z-]+)=(true|false)$/.exec(argument) ?? [];
    if (!names.has(name)) return [argument];
    return value === "true" ? [name] : [];
  });
}

export function list(value: string): string[] {
  return value.split(",").filter((item) => item !== "");
}

export function pairs(value: string): Record<string, string> {
  return Object.fromEntries(
    list(value).map((entry) => {
      const at = entry.indexOf("=");
      if (at <= 0) throw new InvalidArgumentError(`"${entry}" is not key=value`);
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

export function bool(value: string): boolean {
  if (value !== "true" && value !== "false") throw new InvalidArgumentError("must be true or false");
  return value === "true";
}

export function number(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 0) throw new InvalidArgumentError("must be a whole number");
  return parsed;
}

export function port(value: string): number {
  const parsed = number(value);
  if (parsed < 1 || parsed > 65535) throw new InvalidArgumentError("must be a port from 1 to 65535");
  return parsed;
}

/** Go's durations: `90s`, `10m`, `1h30m`. */
export function durationMs(value: string): number {
  const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  const parts = [...value.matchAll(/(\d+)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join("") !== value)
    throw new InvalidArgumentError("must be a duration such as 90s or 10m");
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? "s"] ?? 0), 0);
}
