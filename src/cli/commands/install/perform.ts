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
import { type Cluster, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import type { Printer } from "../../printer/printer.ts";
import { applyCrds } from "./crds.ts";
import { DEFAULT_VALUES_PATH } from "./flags.ts";
import type { InstallOptions } from "./options.ts";
import { prepare } from "./prepare.ts";
import { type Release, renderRelease, UPGRADE } from "./release.ts";
import { findUpstream } from "./replaced.ts";
import { isRolledOut } from "./rollout.ts";
import { mergeValues } from "./values.ts";

/** What is asked before the first change. */
export const INSTALL_NEEDS: readonly Need[] = [
  { verb: "patch", resource: customResourceDefinitions },
  ...[namespaces, clusterRoles, clusterRoleBindings].map((resource) => ({ verb: "create", resource }) as const),
];

export async function install(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  options: InstallOptions & {
    /** Asks whether upstream's Liqo is to be replaced; throws unless it is. */
    readonly confirmReplacing: () => Promise<void>;
  },
): Promise<void> {
  const isReal = !options.dryRun && !options.onlyOutputValues;
  const { clusterId, release } = await prepare(ctx, printer, cluster, {
    ...options,
    ...(isReal && { checkRights: () => requireRights(ctx, cluster, INSTALL_NEEDS) }),
  });
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
    const upgrade = [...UPGRADE, ...args, ...(dryRun ? ["--dry-run=client"] : [])];
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

/** All of the chart's values as they would be, from Helm, which merges them. */
async function writeValues(ctx: Context, printer: Printer, release: Release, options: InstallOptions): Promise<void> {
  const path = options.dumpValuesPath ?? DEFAULT_VALUES_PATH;
  const { chart, config } = await renderRelease(ctx, options.helm, release, { verb: ["install"], side: "client" });
  try {
    // It may hold what only its owner should read.
    await writeFile(path, stringify(mergeValues(chart?.values ?? {}, config ?? {})), { mode: 0o600 });
  } catch (cause) {
    throw new CliError(`--dump-values-path ${path}: ${messageOf(cause)}`, { cause, hint: "give another file" });
  }
  printer.success("local", `Values of the chart written to ${path}`);
}
