/** `liqoctl install`: the chart through Helm, CRDs by ourselves. Upstream: pkg/liqoctl/install */
import { join } from "node:path";
import { UNINSTALLING } from "#api/annotations.ts";
import { type Cidr, overlaps, parseCidr } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  deployments,
  namespaces,
} from "#machinery/builtin.ts";
import { dns1123Label } from "#machinery/names.ts";
import { requireRights } from "../../checks/rights.ts";
import { answered, type Cluster, findClusterId, generatedClusterId, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import type { Printer } from "../../printer/printer.ts";
import { applyCrds } from "./crds.ts";
import { findUpstream } from "./replaced.ts";
import { isRolledOut } from "./rollout.ts";

export interface InstallOptions {
  readonly helm: HelmFlags;
  readonly chart: string;
  /** Default: the one the cluster has, or a new one. */
  readonly clusterId?: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly reservedSubnets: readonly string[];
  readonly clusterLabels: Readonly<Record<string, string>>;
  /** As consumers reach it; default: the server of the kubeconfig. */
  readonly apiServerUrl?: string;
  readonly set: readonly string[];
  readonly setString: readonly string[];
  readonly values: readonly string[];
  readonly dryRun: boolean;
  readonly timeoutMs: number;
  /** Asks whether upstream's Liqo is to be replaced; throws unless it is. */
  readonly confirmReplacing: () => Promise<void>;
}

export async function install(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  options: InstallOptions,
): Promise<void> {
  checkSettings(options);
  const clusterId = await printer.step("local", "API server reached", () =>
    answered(ctx, cluster, (limited) => chooseClusterId(limited, cluster, options.clusterId)),
  );
  if (!options.dryRun)
    await requireRights(ctx, cluster, [
      { verb: "patch", resource: customResourceDefinitions },
      ...[namespaces, clusterRoles, clusterRoleBindings].map((resource) => ({ verb: "create", resource }) as const),
    ]);
  const replaced = await findUpstream(ctx, cluster);
  if (replaced !== undefined) printer.warning("local", replaced);
  if (replaced !== undefined && !options.dryRun) await options.confirmReplacing();
  const release = releaseArguments(cluster, clusterId, options);
  // Before the first change: values that the chart refuses leave nothing behind.
  await helm(ctx, options.helm, ["template", ...release]);
  if (!options.dryRun)
    await printer.step("local", "28 CRDs installed", () => applyCrds(ctx, cluster.client, join(options.chart, "crds")));
  await printer.step("local", options.dryRun ? "Chart rendered" : "Chart installed", () =>
    helm(ctx, options.helm, [
      ...["upgrade", "--install", "--create-namespace", ...release],
      ...(options.dryRun ? ["--dry-run=client"] : []),
    ]),
  );
  if (options.dryRun) return;
  await withdrawUninstallation(ctx, cluster);
  await printer.step("local", "liqo-controller-manager is ready", () =>
    waitFor(
      ctx,
      cluster.client,
      deployments,
      { namespace: cluster.liqoNamespace, name: CONTROLLER_MANAGER },
      {
        until: isRolledOut,
        timeoutMs: options.timeoutMs,
        what: "not ready; see `kubectl logs -n liqo deploy/liqo-controller-manager`",
      },
    ),
  );
  printer.print(
    `\nLiqo is installed on ${clusterId}.\n  Next: liqoctl peer --remote-kubeconfig <kubeconfig of another cluster with Liqo>`,
  );
}

/** An uninstallation that was begun and given up must not keep the controllers from their work. */
async function withdrawUninstallation(ctx: Context, { client, liqoNamespace }: Cluster): Promise<void> {
  const body = { metadata: { annotations: { [UNINSTALLING]: null } } };
  await client.patch(ctx, deployments, { namespace: liqoNamespace, name: CONTROLLER_MANAGER }, "merge", body);
}

function checkSettings({ clusterId, podCidr, serviceCidr, reservedSubnets }: InstallOptions): void {
  const cidr = (flag: string, text: string): Cidr => {
    const parsed = parseCidr(text);
    if (parsed === undefined)
      throw new CliError(`${flag} "${text}": must be an IPv4 CIDR`, { hint: "such as 10.244.0.0/16" });
    return parsed;
  };
  const pod = cidr("--pod-cidr", podCidr);
  if (overlaps(pod, cidr("--service-cidr", serviceCidr)))
    throw new CliError(`--pod-cidr ${podCidr} and --service-cidr ${serviceCidr} overlap`, {
      hint: "give the two ranges that the cluster was made with",
    });
  for (const subnet of reservedSubnets) cidr("--reserved-subnets", subnet);
  const problems = clusterId === undefined ? [] : dns1123Label(clusterId);
  if (problems.length > 0) throw new CliError(`--cluster-id "${clusterId}": ${problems.join("; ")}`);
}

/** The id that the cluster has already, the one asked for, or a new one. A change would cut all peerings. */
async function chooseClusterId(ctx: Context, cluster: Cluster, wanted: string | undefined): Promise<string> {
  const present = await findClusterId(ctx, cluster);
  if (present !== undefined && wanted !== undefined && present !== wanted)
    throw new CliError(
      `--cluster-id ${wanted}: Liqo is installed with the cluster id ${present}, which cannot change`,
      {
        hint: `leave the flag out, or \`liqoctl uninstall\` first`,
      },
    );
  return present ?? wanted ?? generatedClusterId();
}

/** What `helm template` and `helm upgrade` have in common. */
function releaseArguments(cluster: Cluster, clusterId: string, options: InstallOptions): string[] {
  const sets: Record<string, string> = {
    "discovery.config.clusterID": clusterId,
    "ipam.podCIDR": options.podCidr,
    "ipam.serviceCIDR": options.serviceCidr,
    "apiServer.address": options.apiServerUrl ?? cluster.server,
  };
  for (const [key, value] of Object.entries(options.clusterLabels))
    sets[`discovery.config.clusterLabels.${key.replaceAll(".", "\\.")}`] = value;
  for (const [i, subnet] of options.reservedSubnets.entries()) sets[`ipam.reservedSubnets[${i}]`] = subnet;
  return [
    ...[RELEASE, options.chart, "--namespace", cluster.liqoNamespace, "--skip-crds"],
    ...options.values.flatMap((file) => ["--values", file]),
    ...Object.entries(sets).flatMap(([key, value]) => ["--set-string", `${key}=${value.replaceAll(",", "\\,")}`]),
    ...options.set.flatMap((text) => ["--set", text]),
    ...options.setString.flatMap((text) => ["--set-string", text]),
  ];
}
