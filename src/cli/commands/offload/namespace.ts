/** `liqoctl offload namespace` and `liqoctl unoffload namespace`. Upstream: pkg/liqoctl/{offload,unoffload} */

import * as labels from "#api/labels.ts";
import {
  type NamespaceMap,
  type NamespaceOffloading,
  namespaceMaps,
  namespaceOffloadings,
} from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { isProtectedNamespace } from "#forge/names.ts";
import { namespaces } from "#machinery/builtin.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import { parseLabelSelector } from "#machinery/selector.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import type { Printer } from "../../printer/printer.ts";

export interface OffloadOptions {
  readonly podOffloadingStrategy: "Local" | "Remote" | "LocalAndRemote";
  readonly namespaceMappingStrategy: "DefaultName" | "EnforceSameName" | "SelectedName";
  readonly remoteNamespaceName?: string;
  /** ORed label selectors over clusters. */
  readonly selectors: readonly string[];
  readonly timeoutMs: number;
}

const NAME = "offloading";

/** The namespaces named, or those that a label selector finds. */
export async function chooseNamespaces(
  ctx: Context,
  { client }: Cluster,
  names: readonly string[],
  selector: string | undefined,
): Promise<readonly string[]> {
  if (names.length > 0 === (selector !== undefined))
    throw new CliError("name the namespaces, or select them by --ns-selector: one of the two");
  if (selector === undefined) return names;
  requirementsOf("--ns-selector", selector);
  const { items } = await client.list(ctx, namespaces, { labelSelector: selector });
  if (items.length === 0) throw new CliError(`--ns-selector "${selector}": no namespace has these labels`);
  return items.map(({ metadata }) => metadata?.name ?? "");
}

/** Throws a CliError when the namespace cannot be offloaded so. */
export async function checkOffloadable(
  ctx: Context,
  cluster: Cluster,
  namespace: string,
  options: OffloadOptions,
): Promise<void> {
  if (isProtectedNamespace(namespace, cluster.liqoNamespace)) {
    throw new CliError(`namespace ${namespace} is protected and cannot be offloaded`, {
      hint: "system namespaces, Liqo's own and default stay local; use another namespace",
    });
  }
  const isNamed = options.remoteNamespaceName !== undefined;
  if (isNamed !== (options.namespaceMappingStrategy === "SelectedName"))
    throw new CliError("--remote-namespace-name and --namespace-mapping-strategy SelectedName must be given together");
  await requireNamespace(ctx, cluster, namespace, `create it with \`kubectl create namespace ${namespace}\``);
}

/** Repeatable; `checkOffloadable` comes first. */
export async function offloadNamespace(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  namespace: string,
  options: OffloadOptions,
): Promise<void> {
  const found = await printer.step("local", `Namespace ${namespace} offloaded`, async () => {
    await cluster.client.apply(ctx, namespaceOffloadings, forgeOffloading(namespace, options));
    return waitFor(
      ctx,
      cluster.client,
      namespaceOffloadings,
      { namespace, name: NAME },
      {
        until: (object) => {
          const { observedGeneration, offloadingPhase = "" } = object?.status ?? {};
          return observedGeneration === object?.metadata?.generation && !["", "InProgress"].includes(offloadingPhase);
        },
        timeoutMs: options.timeoutMs,
        what: "offloading still in progress",
      },
    );
  });
  const phase = found?.status?.offloadingPhase ?? "";
  const remote = found?.status?.remoteNamespaceName ?? "";
  if (phase === "Ready")
    printer.print(
      `Pods of ${namespace} may now run in ${selectedClusters(found?.status).join(", ")} (namespace ${remote} there).`,
    );
  else if (phase === "NoClusterSelected")
    printer.warning(
      "local",
      "no cluster is selected: is there a peering, and does the selector match its virtual node?",
    );
  else
    throw new CliError(`namespace ${namespace}: ${phase}`, {
      hint: `see \`kubectl describe namespaceoffloading -n ${namespace}\``,
    });
}

/** The clusters that the selector has chosen: the others are listed in the status, too. */
export function selectedClusters(status: NamespaceOffloading["status"]): string[] {
  return Object.entries(status?.remoteNamespacesConditions ?? {}).flatMap(([cluster, conditions]) =>
    isConditionTrue(conditions, "OffloadingRequired") ? [cluster] : [],
  );
}

async function requireNamespace(ctx: Context, { client, server }: Cluster, name: string, hint: string): Promise<void> {
  if ((await client.find(ctx, namespaces, { name })) === undefined)
    throw new CliError(`namespace ${name} does not exist on ${server}`, { hint });
}

export async function unoffloadNamespace(
  ctx: Context,
  printer: Printer,
  cluster: Cluster,
  namespace: string,
  timeoutMs: number,
): Promise<void> {
  await requireNamespace(
    ctx,
    cluster,
    namespace,
    "see `kubectl get namespaceoffloading -A` for those that are offloaded",
  );
  await printer.step("local", `Namespace ${namespace} is local again`, async () => {
    const key = { namespace, name: NAME };
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

export function forgeOffloading(namespace: string, options: OffloadOptions): NamespaceOffloading {
  const nodeSelectorTerms = options.selectors.map((text) => ({
    matchExpressions: requirementsOf("--selector", text).map(({ key, operator, values }) => ({
      key,
      operator,
      ...(values.length > 0 && { values: [...values] }),
    })),
  }));
  return {
    apiVersion: apiVersionOf(namespaceOffloadings),
    kind: namespaceOffloadings.kind,
    metadata: { name: NAME, namespace },
    spec: {
      podOffloadingStrategy: options.podOffloadingStrategy,
      namespaceMappingStrategy: options.namespaceMappingStrategy,
      ...(options.remoteNamespaceName !== undefined && { remoteNamespaceName: options.remoteNamespaceName }),
      clusterSelector: { nodeSelectorTerms },
    },
  };
}

function requirementsOf(flag: string, text: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(text);
  } catch (cause) {
    throw new CliError(`${flag} "${text}": ${cause instanceof Error ? cause.message : ""}`, {
      cause,
      hint: "write it as for kubectl -l, such as topology.kubernetes.io/region=eu",
    });
  }
}
