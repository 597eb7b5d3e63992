/** One installation: the chart through Helm, CRDs by ourselves. Upstream: pkg/liqoctl/install/handler.go */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { UNINSTALLING } from "#api/annotations.ts";
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  deployments,
  namespaces,
} from "#machinery/builtin.ts";
import { type Need, requireRights } from "../../checks/rights.ts";
import { answered, type Cluster, findClusterId, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import type { Printer } from "../../printer/printer.ts";
import { applyCrds } from "./crds.ts";
import { DEFAULT_VALUES_PATH } from "./flags.ts";
import type { InstallOptions } from "./options.ts";
import { planRelease } from "./plan.ts";
import { findUpstream } from "./replaced.ts";
import { isRolledOut } from "./rollout.ts";
import { checkClusterId, checkOutput, checkSource } from "./settings.ts";
import { mergeValues, type Values } from "./values.ts";

/** What is asked before the first change. */
export const INSTALL_NEEDS: readonly Need[] = [
  { verb: "patch", resource: customResourceDefinitions },
  ...[namespaces, clusterRoles, clusterRoleBindings].map((resource) => ({ verb: "create", resource }) as const),
];

/** For Helm: arguments, and the values that they find on standard input. */
interface Release {
  readonly args: readonly string[];
  readonly values: string;
}

export async function install(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  options: InstallOptions,
): Promise<void> {
  checkSource(options);
  checkOutput(options);
  if (options.clusterId !== undefined) checkClusterId(options.clusterId);
  const present = await printer.step("local", "API server reached", () =>
    answered(ctx, cluster, (limited) => findClusterId(limited, cluster)),
  );
  const isReal = !options.dryRun && !options.onlyOutputValues;
  if (isReal) await requireRights(ctx, cluster, INSTALL_NEEDS);
  const { clusterId, values } = await planRelease(ctx, printer, cluster, present, options);
  const release = { args: releaseArguments(cluster, options), values: stringify(values) };
  if (options.onlyOutputValues) return writeValues(ctx, printer, release, options);
  const replaced = await findUpstream(ctx, cluster);
  if (replaced !== undefined) printer.warning("local", replaced);
  if (replaced !== undefined && !options.dryRun) await options.confirmReplacing();
  await applyRelease(ctx, printer, cluster, release, options);
  if (options.dryRun) return;
  await withdrawUninstallation(ctx, cluster);
  await waitUntilReady(ctx, printer, cluster, options.timeoutMs);
  printer.print(
    `\nLiqo is installed on ${clusterId}.\n  Next: liqoctl peer --remote-kubeconfig <kubeconfig of another cluster with Liqo>`,
  );
}

async function applyRelease(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  { args, values }: Release,
  { dryRun, chart, helm: flags }: InstallOptions,
): Promise<void> {
  // Before the first change: values that the chart refuses leave nothing behind.
  await helm(ctx, flags, ["template", ...args], values);
  if (!dryRun)
    await printer.step("local", "29 CRDs installed", () => applyCrds(ctx, cluster.client, join(chart, "crds")));
  await printer.step("local", dryRun ? "Chart rendered" : "Chart installed", async () => {
    if (!dryRun) await withdrawRefused(ctx, cluster, flags);
    const upgrade = ["upgrade", "--install", "--create-namespace", ...args, ...(dryRun ? ["--dry-run=client"] : [])];
    return helm(ctx, flags, upgrade, values);
  });
}

/** Helm writes down that it uninstalls before the hook that refuses it, and then takes no upgrade of the release. */
async function withdrawRefused(ctx: Context, { liqoNamespace }: Cluster, flags: HelmFlags): Promise<void> {
  const scope = ["--namespace", liqoNamespace];
  const listed = await helm(ctx, flags, [
    "list",
    "--uninstalling",
    "--filter",
    `^${RELEASE}$`,
    "--output",
    "json",
    ...scope,
  ]);
  const [refused] = JSON.parse(listed) as { readonly revision: string }[];
  if (refused !== undefined) await helm(ctx, flags, ["rollback", RELEASE, refused.revision, ...scope]);
}

/** An uninstallation that was begun and given up must not keep the controllers from their work. */
async function withdrawUninstallation(ctx: Context, { client, liqoNamespace }: Cluster): Promise<void> {
  const body = { metadata: { annotations: { [UNINSTALLING]: null } } };
  await client.patch(ctx, deployments, { namespace: liqoNamespace, name: CONTROLLER_MANAGER }, "merge", body);
}

function waitUntilReady(ctx: Context, printer: Printer, cluster: Cluster, timeoutMs: number): Promise<unknown> {
  const key = { namespace: cluster.liqoNamespace, name: CONTROLLER_MANAGER };
  return printer.step("local", "liqo-controller-manager is ready", () =>
    waitFor(ctx, cluster.client, deployments, key, {
      until: isRolledOut,
      timeoutMs,
      what: "not ready; see `kubectl logs -n liqo deploy/liqo-controller-manager`",
    }),
  );
}

/** As far as it is looked at. */
interface RenderedRelease {
  readonly chart?: { readonly values?: Values };
  /** What was given, by files and flags. */
  readonly config?: Values;
}

/** All of the chart's values as they would be, from Helm, which merges them. */
async function writeValues(
  ctx: Context,
  printer: Printer,
  { args, values }: Release,
  options: InstallOptions,
): Promise<void> {
  const path = options.dumpValuesPath ?? DEFAULT_VALUES_PATH;
  const rendered = await helm(ctx, options.helm, ["install", ...args, "--dry-run=client", "--output", "json"], values);
  const { chart, config } = JSON.parse(rendered) as RenderedRelease;
  try {
    // It may hold what only its owner should read.
    await writeFile(path, stringify(mergeValues(chart?.values ?? {}, config ?? {})), { mode: 0o600 });
  } catch (cause) {
    throw new CliError(`--dump-values-path ${path}: ${messageOf(cause)}`, { cause, hint: "give another file" });
  }
  printer.success("local", `Values of the chart written to ${path}`);
}

/** What Helm's verbs have in common. Values of files are over those of standard input, those of --set over both. */
function releaseArguments(cluster: Cluster, { chart, values, set, setString }: InstallOptions): string[] {
  return [
    ...[RELEASE, chart, "--namespace", cluster.liqoNamespace, "--skip-crds", "--values", "-"],
    ...values.flatMap((file) => ["--values", file]),
    ...set.flatMap((text) => ["--set", text]),
    ...setString.flatMap((text) => ["--set-string", text]),
  ];
}
