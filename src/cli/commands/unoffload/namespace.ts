/** `liqoctl unoffload namespace`. Upstream: pkg/liqoctl/unoffload */
import * as labels from "#api/labels.ts";
import { type NamespaceMap, namespaceMaps, namespaceOffloadings } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { argument } from "../../command/argument.ts";
import { offloadableNamespaces } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import {
  clusterFlags,
  openLocal,
  openOtherIfNamed,
  remoteAccessFlags,
  timeoutFlag,
} from "../../command/flag-groups.ts";
import { chooseNamespaces, OFFLOADING_NAME, requireNamespace } from "../../namespaces.ts";
import { tellLostClaims } from "../../peering/offloading/lost-claims.ts";
import { type Part, planOf } from "../../plan/model.ts";
import { planOffloading } from "../../plan/offloading.ts";
import { offloadingFacts } from "../../plan/offloading-facts.ts";
import type { Printer } from "../../printer/printer.ts";
import { accessTo } from "../../why/provider.ts";

export const unoffloadNamespaceCommand = command({
  path: ["unoffload", "namespace"],
  aliases: ["ns"],
  summary: "Bring the pods of namespaces home and remove their twins.",
  description: "Says first which claims lose the data that they have at a provider.",
  examples: ["liqoctl unoffload namespace liqo-demo"],
  args: { names: argument.any("namespaces", offloadableNamespaces) },
  flags: {
    ...clusterFlags,
    nsSelector: flag.string("namespaces with these labels, instead of names", "selector"),
    timeout: timeoutFlag("2m"),
  },
  planFlags: remoteAccessFlags,
  async plan(ctx, env, { args, flags }) {
    using cluster = openLocal(flags, env);
    using remote = openOtherIfNamed(flags, env);
    const chosen = await chooseNamespaces(ctx, cluster, args.names, flags.nsSelector);
    for (const name of chosen) await requireNamespace(ctx, cluster, name, OFFLOADED_HINT);
    const access = await accessTo(ctx, cluster, remote);
    const parts: Part[] = [];
    for (const name of chosen)
      parts.push(...planOffloading(await offloadingFacts(ctx, access, name, undefined), undefined));
    return planOf(env.commandLine, parts);
  },
  async run(ctx, env, { args, flags }) {
    using cluster = openLocal(flags, env);
    const chosen = await chooseNamespaces(ctx, cluster, args.names, flags.nsSelector);
    await tellLostClaims(ctx, env.printer, { client: cluster.client, scope: "local" }, { namespaces: chosen });
    await env.confirm("unoffload namespace");
    for (const name of chosen) await unoffloadNamespace(ctx, env.printer, cluster, name, flags.timeout);
  },
});

const OFFLOADED_HINT = "see `kubectl get namespaceoffloading -A` for those that are offloaded";

async function unoffloadNamespace(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  namespace: string,
  timeoutMs: number,
): Promise<void> {
  await requireNamespace(ctx, cluster, namespace, OFFLOADED_HINT);
  await printer.step("local", `Namespace ${namespace} is local again`, async () => {
    const key = { namespace, name: OFFLOADING_NAME };
    await cluster.client.deleteIfPresent(ctx, namespaceOffloadings, key);
    await waitFor(ctx, cluster.client, namespaceOffloadings, key, {
      until: (found) => found === undefined,
      timeoutMs,
      what: "the twin namespaces are not gone",
    });
  });
  const { items: maps } = await cluster.client.list(ctx, namespaceMaps, {
    labelSelector: `${labels.REPLICATED}!=true`,
  });
  for (const line of owedRemovals(namespace, maps)) printer.warning("local", line);
}

/** A provider that does not answer is told later: until then the map tells of a twin that it does not ask for. */
export function owedRemovals(namespace: string, maps: readonly NamespaceMap[]): string[] {
  return maps.flatMap(({ metadata, spec, status }) => {
    const twin = status?.currentMapping?.[namespace];
    if (twin === undefined || spec?.desiredMapping?.[namespace] !== undefined) return [];
    return [
      `${metadata?.name} does not answer: its namespace ${twin.remoteNamespace} and what runs there go when it is back`,
    ];
  });
}
