/** `liqoctl install` and `liqoctl uninstall`: the chart through Helm, CRDs by ourselves. Upstream: pkg/liqoctl/{install,uninstall} */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import { parse } from "yaml";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { namespaceOffloadings } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { RunError, run } from "#base/run.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { customResourceDefinitions, deployments, namespaces } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { type Cluster, unreachable, waitFor, waitForNone } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";

export interface HelmFlags {
  readonly kubeconfig: string;
  readonly context?: string | undefined;
}

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

const RELEASE = "liqo";

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
  await printer.step("local", "liqo-controller-manager is ready", () =>
    waitFor(
      ctx,
      cluster.client,
      deployments,
      { namespace: cluster.liqoNamespace, name: "liqo-controller-manager" },
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

async function helm(ctx: Context, flags: HelmFlags, args: readonly string[]): Promise<string> {
  const access = [
    "--kubeconfig",
    flags.kubeconfig,
    ...(flags.context === undefined ? [] : ["--kube-context", flags.context]),
  ];
  try {
    return (await run("helm", [...args, ...access], { signal: ctx.signal })).stdout;
  } catch (cause) {
    if (cause instanceof RunError && cause.exitCode === undefined)
      throw new CliError("helm was not found", { cause, hint: "install Helm 3.18 or newer, or run `make setup`" });
    throw new CliError(cause instanceof RunError ? cause.stderr.trim() : String(cause), { cause });
  }
}

export interface UninstallOptions {
  readonly helm: HelmFlags;
  readonly purge: boolean;
  readonly timeoutMs: number;
}

export async function uninstall(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  options: UninstallOptions,
): Promise<void> {
  const { client } = cluster;
  await printer.step("local", "Nothing depends on Liqo any more", () => checkNoPeers(ctx, client));
  await printer.step("local", "Liqo's objects removed", async () => {
    // While the controllers still run: they take their finalizers off.
    for (const resource of [
      foreignClusters,
      internalNodes,
      ips,
      routeConfigurations,
      firewallConfigurations,
      networks,
    ] as readonly Resource<KubeObject>[]) {
      await removeEverywhere(ctx, client, resource, options.timeoutMs);
    }
  });
  await printer.step("local", "Chart uninstalled", () =>
    helm(ctx, options.helm, [
      "uninstall",
      RELEASE,
      "--namespace",
      cluster.liqoNamespace,
      "--wait",
      "--ignore-not-found",
    ]),
  );
  if (!options.purge) return;
  await printer.step("local", "CRDs and namespaces removed", async () => {
    const { items } = await client.list(ctx, customResourceDefinitions);
    const ours = items.filter(({ spec }) => spec.group.endsWith(".liqo.io"));
    for (const crd of ours) await client.deleteIfPresent(ctx, customResourceDefinitions, keyOf(crd));
    for (const crd of ours)
      await waitFor(ctx, client, customResourceDefinitions, keyOf(crd), {
        until: (found) => found === undefined,
        timeoutMs: options.timeoutMs,
        what: "the CRD is not gone",
      });
    await client.deleteIfPresent(ctx, namespaces, { name: cluster.liqoNamespace });
    await waitFor(
      ctx,
      client,
      namespaces,
      { name: cluster.liqoNamespace },
      { until: (found) => found === undefined, timeoutMs: options.timeoutMs, what: "the namespace is not gone" },
    );
  });
}

async function checkNoPeers(ctx: Context, client: KubeClient): Promise<void> {
  const blocking: string[] = [];
  for (const resource of [
    namespaceOffloadings,
    resourceSlices,
    tenants,
    identities,
    configurations,
  ] as readonly Resource<KubeObject>[]) {
    const items = await listOrNone(ctx, client, resource);
    blocking.push(...items.map(({ metadata }) => `${resource.kind} ${metadata?.namespace}/${metadata?.name}`));
  }
  if (blocking.length > 0) {
    throw new CliError(`Liqo is still in use: ${blocking.join(", ")}`, {
      hint: "first `liqoctl unoffload namespace …` and `liqoctl unpeer …`",
    });
  }
}

async function removeEverywhere(
  ctx: Context,
  client: KubeClient,
  resource: Resource<KubeObject>,
  timeoutMs: number,
): Promise<void> {
  const items = await listOrNone(ctx, client, resource);
  for (const item of items) await client.deleteIfPresent(ctx, resource, keyOf(item));
  if (items.length > 0) await waitForNone(ctx, client, resource, {}, timeoutMs);
}

/** An interrupted uninstall has already removed the kind. */
async function listOrNone(ctx: Context, client: KubeClient, resource: Resource<KubeObject>): Promise<KubeObject[]> {
  try {
    return (await client.list(ctx, resource)).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** The installed version, from the controller manager's image; undefined when Liqo is not there. */
export async function installedVersion(ctx: Context, cluster: Cluster): Promise<string | undefined> {
  const found = await cluster.client.find(ctx, deployments, {
    namespace: cluster.liqoNamespace,
    name: "liqo-controller-manager",
  });
  return found?.spec?.template.spec?.containers[0]?.image?.split(":").at(-1);
}
