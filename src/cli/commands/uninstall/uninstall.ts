/** `liqoctl uninstall`: refuses while anything depends on Liqo. Upstream: pkg/liqoctl/uninstall */
import * as labels from "#api/labels.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { clusterRoles, customResourceDefinitions, namespaces, persistentVolumeClaims } from "#machinery/builtin.ts";
import { keyOf } from "#machinery/meta.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { clusterFlags, helmFlags, openLocal, timeoutFlag } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { type HelmFlags, helm, RELEASE } from "../../helm.ts";
import { planOf } from "../../plan/model.ts";
import { planUninstalling } from "../../plan/uninstalling.ts";
import { uninstallFacts } from "../../plan/uninstalling-facts.ts";
import type { Printer } from "../../printer/printer.ts";
import { checkUnused, removeOwnObjects } from "./clear.ts";

export const uninstallCommand = command({
  path: ["uninstall"],
  summary: "Uninstall Liqo from a cluster that has no peers left.",
  description:
    "Refuses while peerings, offloaded namespaces or virtual nodes are left. CRDs and Liqo's namespace stay, unless --purge is given.",
  examples: ["liqoctl uninstall", "liqoctl uninstall --purge"],
  flags: {
    ...clusterFlags,
    purge: flag.boolean("remove the CRDs and Liqo's namespace too"),
    timeout: timeoutFlag("10m"),
  },
  async plan(ctx, env, { flags }) {
    using cluster = openLocal(flags, env);
    await checkUnused(ctx, cluster.client);
    return planOf(env.commandLine, [planUninstalling(await uninstallFacts(ctx, cluster), flags.purge)]);
  },
  async run(ctx, env, { flags }) {
    using cluster = openLocal(flags, env);
    await env.confirm("uninstall");
    const options = { helm: helmFlags(flags, env), purge: flags.purge, timeoutMs: flags.timeout };
    await uninstall(ctx, env.printer, cluster, options);
  },
});

export interface UninstallOptions {
  readonly helm: HelmFlags;
  readonly purge: boolean;
  readonly timeoutMs: number;
}

/** Repeatable: one that was interrupted goes on where it was. */
async function uninstall(ctx: Context, printer: Printer, cluster: Cluster, options: UninstallOptions): Promise<void> {
  await removeLiqo(ctx, printer, cluster, options);
  if (options.purge)
    await printer.step("local", "CRDs and namespaces removed", () => purge(ctx, printer, cluster, options.timeoutMs));
}

async function removeLiqo(ctx: Context, printer: Printer, cluster: Cluster, options: UninstallOptions): Promise<void> {
  const { client, liqoNamespace } = cluster;
  await printer.step("local", "Nothing depends on Liqo any more", () => checkUnused(ctx, client));
  await printer.step("local", "Liqo's objects removed", () => removeOwnObjects(ctx, cluster, options.timeoutMs));
  await printer.step("local", "Chart uninstalled", async () => {
    const seconds = Math.ceil(options.timeoutMs / 1000);
    // The hook would do once more what has just been done, and needs a node that runs pods.
    const release = ["uninstall", RELEASE, "--namespace", liqoNamespace];
    await helm(ctx, options.helm, [
      ...release,
      "--no-hooks",
      "--wait",
      "--ignore-not-found",
      "--timeout",
      `${seconds}s`,
    ]);
    const left = await client.list(ctx, clusterRoles, { labelSelector: `${labels.PART_OF}=liqo` });
    if (left.items.length > 0)
      throw new CliError(`ClusterRoles ${left.items.map(({ metadata }) => metadata?.name).join(", ")} still exist`, {
        hint: "they are labelled as Liqo's and not Helm's any more: remove them with `kubectl delete clusterrole`",
      });
  });
}

async function purge(
  ctx: Context,
  printer: Printer,
  { client, liqoNamespace }: Cluster,
  timeoutMs: number,
): Promise<void> {
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
  const names = [
    ...tenantNamespaces.items.map(({ metadata }) => metadata?.name ?? ""),
    ...(await emptyStorageNamespaces(ctx, printer, client)),
    liqoNamespace,
  ];
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

/** One with claims has data of people whose volumes are still there: they are told of it. Upstream removes it. */
async function emptyStorageNamespaces(ctx: Context, printer: Printer, client: KubeClient): Promise<string[]> {
  const { items } = await client.list(ctx, namespaces, { labelSelector: `${labels.STORAGE_NAMESPACE}=true` });
  const empty: string[] = [];
  for (const { metadata } of items) {
    const namespace = metadata?.name ?? "";
    const claims = await client.list(ctx, persistentVolumeClaims, { namespace });
    if (claims.items.length === 0) empty.push(namespace);
    else
      printer.warning(
        "local",
        `Namespace ${namespace} stays: ${claims.items.length} claim(s) in it have the data of volumes made by Liqo`,
      );
  }
  return empty;
}
