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
import { command } from "../../command/command.ts";
import { flag, list, pairs } from "../../command/flag.ts";
import { clusterFlags, helmFlags, openLocal, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import type { Printer } from "../../printer/printer.ts";
import { applyCrds } from "./crds.ts";
import { findUpstream } from "./replaced.ts";
import { isRolledOut } from "./rollout.ts";

export const installCommand = command({
  path: ["install"],
  aliases: ["upgrade"],
  summary: "Install or upgrade Liqo on a cluster.",
  description:
    "Checks settings and rights before the first change, applies the CRDs, installs the chart through Helm and waits for the controllers. Repeatable: what is there already is upgraded, under the id that the cluster has.",
  examples: ["liqoctl install --cluster-id milan --pod-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/16"],
  flags: {
    ...clusterFlags,
    podCidr: flag.required("CIDR of the pods", "cidr"),
    serviceCidr: flag.required("CIDR of the Services", "cidr"),
    clusterId: flag.string("id of the cluster, unique among its peers (default: the present one, or generated)", "id"),
    clusterLabels: flag.of("labels of the cluster, copied to virtual nodes", "k=v,…", pairs, {}),
    reservedSubnets: flag.of("CIDRs never to be given to a peer", "cidr,…", list, []),
    apiServerUrl: flag.string("API server as peers reach it (default: that of the kubeconfig)", "url"),
    localChartPath: flag.string("chart to install (default: the project's)", "path", { complete: "files" }),
    set: flag.repeated("chart value; may be repeated", "k=v"),
    setString: flag.repeated("chart value that is a text; may be repeated", "k=v"),
    values: flag.repeated("file of chart values; may be repeated", "file", { complete: "files" }),
    dryRun: flag.boolean("render, change nothing"),
    timeout: timeoutFlag("10m"),
  },
  async run(ctx, env, { flags }) {
    using cluster = openLocal(flags, env);
    await install(ctx, env.printer, cluster, {
      ...flags,
      helm: helmFlags(flags, env),
      chart: flags.localChartPath ?? join(env.project, "deploy/chart"),
      timeoutMs: flags.timeout,
      confirmReplacing: () => env.confirm("install over upstream's Liqo"),
    });
  },
});

export interface InstallOptions {
  readonly helm: HelmFlags;
  readonly chart: string;
  /** Default: the one the cluster has, or a new one. */
  readonly clusterId: string | undefined;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly reservedSubnets: readonly string[];
  readonly clusterLabels: Readonly<Record<string, string>>;
  /** As consumers reach it; default: the server of the kubeconfig. */
  readonly apiServerUrl: string | undefined;
  readonly set: readonly string[];
  readonly setString: readonly string[];
  readonly values: readonly string[];
  readonly dryRun: boolean;
  readonly timeoutMs: number;
  /** Asks whether upstream's Liqo is to be replaced; throws unless it is. */
  readonly confirmReplacing: () => Promise<void>;
}

async function install(ctx: Context, printer: Printer, cluster: Cluster, options: InstallOptions): Promise<void> {
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
