/** The release as Helm is told of it, and as Helm renders it. Upstream: pkg/liqoctl/install/handler.go */
import { type ParsedNode, parseAllDocuments } from "yaml";
import type { Context } from "#base/context.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { Cluster } from "../../cluster.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import type { InstallOptions } from "./options.ts";
import type { Values } from "./values.ts";

/** For Helm: arguments, and the values that they find on standard input. */
export interface Release {
  readonly args: readonly string[];
  readonly values: string;
}

/** What Helm's verbs have in common. Values of files are over those of standard input, those of --set over both. */
export function releaseArguments(
  { liqoNamespace }: Cluster,
  { chart, values, set, setString }: Pick<InstallOptions, "chart" | "values" | "set" | "setString">,
): string[] {
  return [
    ...[RELEASE, chart, "--namespace", liqoNamespace, "--skip-crds", "--values", "-"],
    ...values.flatMap((file) => ["--values", file]),
    ...set.flatMap((text) => ["--set", text]),
    ...setString.flatMap((text) => ["--set-string", text]),
  ];
}

/** The verb that installs or upgrades. */
export const UPGRADE = ["upgrade", "--install", "--create-namespace"] as const;

/** As far as it is looked at. */
export interface RenderedRelease {
  readonly chart?: { readonly values?: Values };
  /** What was given, by files and flags. */
  readonly config?: Values;
  readonly manifest?: string;
  readonly hooks?: readonly { readonly kind: string; readonly name: string; readonly events?: readonly string[] }[];
}

/**
 * Writes nothing. `client` asks the cluster for nothing, and finds what the chart looks up not there; `server` looks up, and
 * refuses what belongs to another release, but only once the cluster knows all kinds.
 */
export async function renderRelease(
  ctx: Context,
  flags: HelmFlags,
  { args, values }: Release,
  mode: { readonly verb: readonly string[]; readonly side: "client" | "server" },
): Promise<RenderedRelease> {
  // The CRDs that the release will find are not those that are there: its fields are not to be looked up in them.
  const unchecked = mode.side === "server" ? ["--disable-openapi-validation"] : [];
  const dryRun = [`--dry-run=${mode.side}`, ...unchecked, "--output", "json"];
  return JSON.parse(await helm(ctx, flags, [...mode.verb, ...args, ...dryRun], values)) as RenderedRelease;
}

/** Without what is empty. */
export function parseManifest(text: string): KubeObject[] {
  const documents = parseAllDocuments<ParsedNode>(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => (document.toJS() as KubeObject | null) ?? []);
}
