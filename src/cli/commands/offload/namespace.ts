import { type NamespaceOffloading, namespaceOffloadings } from "#api/offloading/namespace.ts";
import type { Context } from "#base/context.ts";
import { isProtectedNamespace } from "#forge/names.ts";
import { offloadingChangeProblem } from "#forge/offloading-change.ts";
import { isConditionTrue } from "#machinery/conditions.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import { type Cluster, waitFor } from "../../cluster.ts";
import { argument } from "../../command/argument.ts";
import { offloadableNamespaces } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { type FlagValues, flag } from "../../command/flag.ts";
import {
  clusterFlags,
  openLocal,
  openOtherIfNamed,
  outputFlag,
  remoteAccessFlags,
  timeoutFlag,
} from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { chooseNamespaces, OFFLOADING_NAME, requirementsOf, requireNamespace } from "../../namespaces.ts";
import { type Part, planOf } from "../../plan/model.ts";
import { planOffloading } from "../../plan/offloading.ts";
import { offloadingFacts } from "../../plan/offloading-facts.ts";
import { formatObject } from "../../printer/object.ts";
import type { Printer } from "../../printer/printer.ts";
import { accessTo } from "../../why/provider.ts";

const offloadFlags = {
  ...clusterFlags,
  nsSelector: flag.string("namespaces with these labels, instead of names", "selector"),
  output: outputFlag("print the object, change nothing; with --plan: the plan"),
  podOffloadingStrategy: flag.choice("where pods may run", "strategy", ["Local", "Remote", "LocalAndRemote"], {
    initial: "LocalAndRemote",
  }),
  namespaceMappingStrategy: flag.choice(
    "name of the twin",
    "strategy",
    ["DefaultName", "EnforceSameName", "SelectedName"],
    { initial: "DefaultName" },
  ),
  remoteNamespaceName: flag.string("name of the twin, with SelectedName", "name"),
  selector: flag.repeated("labels of the clusters to use; may be repeated (ORed)", "selector", { short: "l" }),
  timeout: timeoutFlag("20s"),
};

export const offloadNamespaceCommand = command({
  path: ["offload", "namespace"],
  aliases: ["ns"],
  summary: "Extend namespaces to remote clusters.",
  description:
    "A twin of each namespace is made in every cluster that the selectors choose, in all peers without one. All namespaces are checked before the first one is offloaded.",
  examples: [
    "liqoctl offload namespace liqo-demo",
    "liqoctl offload namespace web --pod-offloading-strategy Remote -l topology.kubernetes.io/region=eu",
  ],
  args: { names: argument.any("namespaces", offloadableNamespaces) },
  flags: offloadFlags,
  planFlags: remoteAccessFlags,
  async plan(ctx, env, { args, flags }) {
    using cluster = openLocal(flags, env);
    using remote = openOtherIfNamed(flags, env);
    const settings = settingsOf(flags);
    const chosen = await chooseOffloadable(ctx, cluster, args.names, flags.nsSelector, settings);
    const access = await accessTo(ctx, cluster, remote);
    const parts: Part[] = [];
    for (const name of chosen) {
      const wanted = forgeOffloading(name, settings);
      const facts = await offloadingFacts(ctx, access, name, wanted);
      checkChange(wanted, facts.offloading);
      parts.push(...planOffloading(facts, wanted));
    }
    return planOf(env.commandLine, parts);
  },
  async run(ctx, env, { args, flags }) {
    using cluster = openLocal(flags, env);
    const settings = settingsOf(flags);
    const chosen = await chooseOffloadable(ctx, cluster, args.names, flags.nsSelector, settings);
    for (const name of chosen) {
      if (flags.output === undefined) await offloadNamespace(ctx, env.printer, cluster, name, settings);
      else env.printer.print(formatObject(forgeOffloading(name, settings), flags.output));
    }
  },
});

export interface OffloadOptions {
  readonly podOffloadingStrategy: "Local" | "Remote" | "LocalAndRemote";
  readonly namespaceMappingStrategy: "DefaultName" | "EnforceSameName" | "SelectedName";
  readonly remoteNamespaceName: string | undefined;
  /** ORed label selectors over clusters. */
  readonly selectors: readonly string[];
  readonly timeoutMs: number;
}

function settingsOf(flags: FlagValues<typeof offloadFlags>): OffloadOptions {
  return { ...flags, selectors: flags.selector, timeoutMs: flags.timeout };
}

/** Throws a CliError unless each of them can be offloaded so. */
async function chooseOffloadable(
  ctx: Context,
  cluster: Cluster,
  names: readonly string[],
  selector: string | undefined,
  settings: OffloadOptions,
): Promise<readonly string[]> {
  const chosen = await chooseNamespaces(ctx, cluster, names, selector);
  for (const name of chosen) await checkOffloadable(ctx, cluster, name, settings);
  return chosen;
}

/** Throws a CliError when the namespace cannot be offloaded so. */
async function checkOffloadable(
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

/** As the webhook, which is not asked. Throws a CliError. */
function checkChange(wanted: NamespaceOffloading, found: NamespaceOffloading | undefined): void {
  const problem = found === undefined ? undefined : offloadingChangeProblem(wanted, found);
  if (problem !== undefined)
    throw new CliError(`namespace ${wanted.metadata?.namespace}: ${problem}`, {
      hint: "`liqoctl unoffload namespace` first, then again",
    });
}

/** Repeatable; `checkOffloadable` comes first. */
async function offloadNamespace(
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
      { namespace, name: OFFLOADING_NAME },
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
    metadata: { name: OFFLOADING_NAME, namespace },
    spec: {
      podOffloadingStrategy: options.podOffloadingStrategy,
      namespaceMappingStrategy: options.namespaceMappingStrategy,
      ...(options.remoteNamespaceName !== undefined && { remoteNamespaceName: options.remoteNamespaceName }),
      clusterSelector: { nodeSelectorTerms },
    },
  };
}
