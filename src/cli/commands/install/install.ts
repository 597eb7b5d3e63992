/** `liqoctl install`: the chart through Helm, CRDs by ourselves. Upstream: pkg/liqoctl/install */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import { parse } from "yaml";
import { UNINSTALLING } from "#api/annotations.ts";
import type { Context } from "#base/context.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { customResourceDefinitions, deployments, namespaces } from "#machinery/builtin.ts";
import { type Cluster, unreachable, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import type { Printer } from "../../printer/printer.ts";

export interface InstallOptions {
  readonly helm: HelmFlags;
  readonly chart: string;
  readonly clusterId: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly reservedSubnets: readonly string[];
  readonly clusterLabels: Readonly<Record<string, string>>;
  /** As consumers reach it; default: the server of the kubeconfig. */
  readonly apiServerUrl?: string;
  readonly set: readonly string[];
  readonly values: readonly string[];
  readonly dryRun: boolean;
  readonly timeoutMs: number;
}

export async function install(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  options: InstallOptions,
): Promise<void> {
  await printer.step("local", "API server reached", async () => {
    try {
      await cluster.client.list(ctx, namespaces, { limit: 1 });
    } catch (error) {
      throw unreachable(cluster, error);
    }
  });
  if (!options.dryRun)
    await printer.step("local", "28 CRDs installed", () => applyCrds(ctx, cluster.client, join(options.chart, "crds")));
  await printer.step("local", options.dryRun ? "Chart rendered" : "Chart installed", () =>
    helm(ctx, options.helm, upgradeArguments(cluster, options)),
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
        until: (found) =>
          (found?.status?.readyReplicas ?? 0) > 0 &&
          found?.status?.observedGeneration === found?.metadata?.generation &&
          (found?.status?.updatedReplicas ?? 0) > 0,
        timeoutMs: options.timeoutMs,
        what: "not ready; see `kubectl logs -n liqo deploy/liqo-controller-manager`",
      },
    ),
  );
  printer.print(
    `\nLiqo is installed on ${options.clusterId}.\n  Next: liqoctl peer --remote-kubeconfig <kubeconfig of another cluster with Liqo>`,
  );
}

/** An uninstallation that was begun and given up must not keep the controllers from their work. */
async function withdrawUninstallation(ctx: Context, { client, liqoNamespace }: Cluster): Promise<void> {
  const body = { metadata: { annotations: { [UNINSTALLING]: null } } };
  await client.patch(ctx, deployments, { namespace: liqoNamespace, name: CONTROLLER_MANAGER }, "merge", body);
}

function upgradeArguments(cluster: Cluster, options: InstallOptions): string[] {
  const sets: Record<string, string> = {
    "discovery.config.clusterID": options.clusterId,
    "ipam.podCIDR": options.podCidr,
    "ipam.serviceCIDR": options.serviceCidr,
    "apiServer.address": options.apiServerUrl ?? cluster.server,
  };
  for (const [key, value] of Object.entries(options.clusterLabels))
    sets[`discovery.config.clusterLabels.${key.replaceAll(".", "\\.")}`] = value;
  for (const [i, subnet] of options.reservedSubnets.entries()) sets[`ipam.reservedSubnets[${i}]`] = subnet;
  return [
    "upgrade",
    "--install",
    RELEASE,
    options.chart,
    "--namespace",
    cluster.liqoNamespace,
    "--create-namespace",
    "--skip-crds",
    ...options.values.flatMap((file) => ["--values", file]),
    ...Object.entries(sets).flatMap(([key, value]) => ["--set-string", `${key}=${value.replaceAll(",", "\\,")}`]),
    ...options.set.flatMap((text) => ["--set", text]),
    ...(options.dryRun ? ["--dry-run=client"] : []),
  ];
}

/** Helm never upgrades CRDs, so they are applied here. */
async function applyCrds(ctx: Context, client: KubeClient, folder: string): Promise<void> {
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
  } catch (cause) {
    throw new CliError(`${folder} does not exist`, { cause, hint: "run `make setup`, which generates the CRDs" });
  }
  await Promise.all(
    files.map((file) =>
      client.apply(
        ctx,
        customResourceDefinitions,
        parse(readFileSync(join(folder, file), "utf8")) as CustomResourceDefinition,
      ),
    ),
  );
  await Promise.all(
    files.map((file) => {
      const name = file
        .replace(/\.yaml$/, "")
        .split("_")
        .reverse()
        .join(".");
      return waitFor(
        ctx,
        client,
        customResourceDefinitions,
        { name },
        {
          until: (found) =>
            found?.status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") === true,
          timeoutMs: 30_000,
          what: "not established",
        },
      );
    }),
  );
}

/** The installed version, from the controller manager's image; undefined when Liqo is not there. */
export async function installedVersion(ctx: Context, cluster: Cluster): Promise<string | undefined> {
  const found = await cluster.client.find(ctx, deployments, {
    namespace: cluster.liqoNamespace,
    name: CONTROLLER_MANAGER,
  });
  return found?.spec?.template.spec?.containers[0]?.image?.split(":").at(-1);
}
