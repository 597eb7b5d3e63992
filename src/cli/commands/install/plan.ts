/** From flags and cluster to the values of the chart; changes nothing. Upstream: pkg/liqoctl/install/handler.go */
import { PROVIDER } from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { type Cluster, generatedClusterId } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";
import { chooseApiServer } from "./api-server.ts";
import type { InstallOptions } from "./options.ts";
import { checkCidrs, checkClusterId } from "./settings.ts";
import { checkAddresses, checkKernels } from "./surroundings.ts";
import { forgeValues, mergeValues, type Values } from "./values.ts";

/** What liqoctl sets, after a look at the cluster; `present` is the id that it has. */
export async function planRelease(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  present: string | undefined,
  options: InstallOptions,
): Promise<{ readonly clusterId: string; readonly values: Values }> {
  const { provider } = options;
  const detected =
    provider === undefined
      ? await options.detect(ctx, cluster)
      : await printer.step("local", `Configuration of ${provider} read`, () => options.detect(ctx, cluster));
  for (const warning of detected.warnings ?? []) printer.warning("local", warning);
  const reservedSubnets = [...options.reservedSubnets, ...(detected.reservedSubnets ?? [])];
  const cidrs = checkCidrs(detected.podCidrs, detected.serviceCidr, reservedSubnets);
  const { apiServer } = detected;
  const isCompared = apiServer.isCompared && !options.disableApiServerSanityCheck;
  const apiServerUrl = chooseApiServer({ ...apiServer, isCompared }, cluster.server);
  if (!options.skipValidation) await checkAddresses(ctx, cluster.client, cidrs);
  if (!options.disableKernelVersionCheck) await checkKernels(ctx, cluster.client);
  const clusterId = chooseClusterId(present, options.clusterId, detected.clusterId);
  checkClusterId(clusterId);
  const isScraped = options.enableMetrics && (await hasPrometheusOperator(ctx, cluster));
  if (options.enableMetrics && !isScraped)
    printer.warning(
      "local",
      "the Prometheus operator is not installed: metrics are served, nothing is told to read them",
    );
  const own = forgeValues({
    clusterId,
    podCidr: cidrs.podCidr,
    serviceCidr: detected.serviceCidr,
    reservedSubnets,
    clusterLabels: {
      ...(provider !== undefined && { [PROVIDER]: provider }),
      ...detected.clusterLabels,
      ...options.clusterLabels,
    },
    apiServerUrl,
    version: options.localChartPath === undefined ? undefined : options.version,
    hasMetrics: options.enableMetrics,
    isScraped,
  });
  return { clusterId, values: mergeValues(own, detected.values ?? {}) };
}

/** The id that the cluster has already, the one asked for, or a new one. A change would cut all peerings. */
function chooseClusterId(present: string | undefined, wanted: string | undefined, found: string | undefined): string {
  if (present !== undefined && wanted !== undefined && present !== wanted)
    throw new CliError(
      `--cluster-id ${wanted}: Liqo is installed with the cluster id ${present}, which cannot change`,
      {
        hint: `leave the flag out, or \`liqoctl uninstall\` first`,
      },
    );
  return present ?? wanted ?? found ?? generatedClusterId();
}

async function hasPrometheusOperator(ctx: Context, { client }: Cluster): Promise<boolean> {
  try {
    await client.raw(ctx, "GET", "/apis/monitoring.coreos.com/v1");
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
