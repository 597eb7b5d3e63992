/** `liqoctl uninstall`: refuses while anything depends on Liqo. Upstream: pkg/liqoctl/uninstall, cmd/uninstaller */
import { PREINSTALLED, UNINSTALLING } from "#api/annotations.ts";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { namespaceOffloadings } from "#api/offloading/namespace.ts";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { clusterRoles, customResourceDefinitions, deployments, namespaces } from "#machinery/builtin.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, keyOf } from "#machinery/meta.ts";
import { isNotFound } from "#machinery/status-error.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import type { Printer } from "../../printer/printer.ts";

export interface UninstallOptions {
  readonly helm: HelmFlags;
  readonly purge: boolean;
  readonly timeoutMs: number;
}

const POLL_MS = 100;

/** Repeatable: one that was interrupted goes on where it was. */
export async function uninstall(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  options: UninstallOptions,
): Promise<void> {
  await removeLiqo(ctx, printer, cluster, options);
  if (options.purge)
    await printer.step("local", "CRDs and namespaces removed", () => purge(ctx, cluster, options.timeoutMs));
}

async function removeLiqo(ctx: Context, printer: Printer, cluster: Cluster, options: UninstallOptions): Promise<void> {
  const { client, liqoNamespace } = cluster;
  await printer.step("local", "Nothing depends on Liqo any more", () => checkUnused(ctx, client));
  await printer.step("local", "Liqo's objects removed", async () => {
    const hasControllers = await announce(ctx, cluster);
    // While the controllers still run: they take their finalizers off.
    for (const resource of [
      foreignClusters,
      internalNodes,
      ips,
      routeConfigurations,
      firewallConfigurations,
      networks,
    ] as readonly Resource<KubeObject>[]) {
      await removeEverywhere(ctx, client, resource, options.timeoutMs, hasControllers);
    }
  });
  await printer.step("local", "Chart uninstalled", async () => {
    const seconds = Math.ceil(options.timeoutMs / 1000);
    const release = ["uninstall", RELEASE, "--namespace", liqoNamespace];
    await helm(ctx, options.helm, [...release, "--wait", "--ignore-not-found", "--timeout", `${seconds}s`]);
    const left = await client.list(ctx, clusterRoles, { labelSelector: `${labels.PART_OF}=liqo` });
    if (left.items.length > 0)
      throw new CliError(`ClusterRoles ${left.items.map(({ metadata }) => metadata?.name).join(", ")} still exist`, {
        hint: "they are labelled as Liqo's and not Helm's any more: remove them with `kubectl delete clusterrole`",
      });
  });
}

/** Tells the controllers not to make again what goes now; false when there are none. */
async function announce(ctx: Context, { client, liqoNamespace }: Cluster): Promise<boolean> {
  const body = { metadata: { annotations: { [UNINSTALLING]: "true" } } };
  try {
    await client.patch(ctx, deployments, { namespace: liqoNamespace, name: CONTROLLER_MANAGER }, "merge", body);
    return true;
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return false;
  }
}

async function purge(ctx: Context, { client, liqoNamespace }: Cluster, timeoutMs: number): Promise<void> {
  const { items } = await client.list(ctx, customResourceDefinitions);
  const ours = items.filter(({ spec }) => spec.group.endsWith(".liqo.io"));
  for (const crd of ours) await client.deleteIfPresent(ctx, customResourceDefinitions, keyOf(crd));
  for (const crd of ours)
    await waitFor(ctx, client, customResourceDefinitions, keyOf(crd), {
      until: (found) => found === undefined,
      timeoutMs,
      what: "the CRD is not gone",
    });
  const tenantNamespaces = await client.list(ctx, namespaces, { labelSelector: `${labels.TENANT_NAMESPACE}=true` });
  const names = [...tenantNamespaces.items.map(({ metadata }) => metadata?.name ?? ""), liqoNamespace];
  for (const name of names) await client.deleteIfPresent(ctx, namespaces, { name });
  for (const name of names)
    await waitFor(
      ctx,
      client,
      namespaces,
      { name },
      { until: (found) => found === undefined, timeoutMs, what: "the namespace is not gone" },
    );
}

async function checkUnused(ctx: Context, client: KubeClient): Promise<void> {
  const blocking: string[] = [];
  for (const resource of [
    namespaceOffloadings,
    resourceSlices,
    tenants,
    identities,
    configurations,
    ips,
    networks,
  ] as readonly Resource<KubeObject>[]) {
    const items = (await listOrNone(ctx, client, resource)).filter((item) => !isOwn(resource, item));
    blocking.push(...items.map((item) => `${resource.kind} ${formatKey(keyOf(item))}`));
  }
  if (blocking.length > 0) {
    throw new CliError(`Liqo is still in use: ${blocking.join(", ")}`, {
      hint: "first `liqoctl unoffload namespace …` and `liqoctl unpeer …`",
    });
  }
}

/** What Liqo made for itself, and what nothing waits for: upstream counts IPs and Networks with finalizers only. */
function isOwn(resource: Resource, { metadata }: KubeObject): boolean {
  if (resource.kind !== "IP" && resource.kind !== "Network") return false;
  const preinstalled = metadata?.annotations?.[PREINSTALLED];
  return (preinstalled !== undefined && preinstalled !== "false") || (metadata?.finalizers ?? []).length === 0;
}

/** Deletes until there is none: what was written a moment before the controllers heard of it goes too. */
async function removeEverywhere(
  ctx: Context,
  client: KubeClient,
  resource: Resource<KubeObject>,
  timeoutMs: number,
  hasControllers: boolean,
): Promise<void> {
  const limited = withTimeout(ctx, timeoutMs);
  for (;;) {
    const items = await listOrNone(ctx, client, resource);
    if (items.length === 0) return;
    for (const item of items)
      if (item.metadata?.deletionTimestamp === undefined) await client.deleteIfPresent(ctx, resource, keyOf(item));
    if (limited.signal.aborted) {
      const names = items.map(({ metadata }) => `${metadata?.name} (${metadata?.finalizers?.join(", ") ?? ""})`);
      throw new CliError(
        `${formatGroupResource(resource)} ${names.join(", ")} still exist after ${Math.round(timeoutMs / 1000)} s`,
        {
          hint: hasControllers
            ? "are liqo-controller-manager and liqo-fabric running? They remove these finalizers"
            : "liqo-controller-manager, which removes these finalizers, is gone: install Liqo again, then uninstall it",
        },
      );
    }
    await sleep(limited, POLL_MS);
  }
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
