/** Words that the kubeconfig and the cluster know: contexts, namespaces, peers. */
import { readFileSync } from "node:fs";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { withTimeout } from "#base/context.ts";
import { isProtectedNamespace } from "#forge/names.ts";
import { parseKubeconfig } from "#kube/client/config.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { openCluster } from "../cluster.ts";
import type { Completer, CompletionRequest } from "./completer.ts";

// Whoever has pressed the key waits.
const ANSWER_MS = 2_000;

/** Names of the entries of the kubeconfig that the line names. */
export function completeKubeconfig(entries: "contexts" | "clusters" | "users", side: "local" | "remote"): Completer {
  return async ({ env, flagText }) => {
    const remote = side === "remote" ? flagText("remoteKubeconfig") : undefined;
    const path = remote ?? flagText("kubeconfig") ?? env.defaultKubeconfig;
    return (parseKubeconfig(readFileSync(path, "utf8"), path)[entries] ?? []).map(({ name }) => name);
  };
}

export async function namespaceNames(request: CompletionRequest): Promise<readonly string[]> {
  return namesOf(request, namespaces);
}

/** Namespaces that may be offloaded, less those on the line. */
export async function offloadableNamespaces(request: CompletionRequest): Promise<readonly string[]> {
  const names = await namesOf(request, namespaces);
  const liqoNamespace = request.flagText("namespace") ?? "liqo";
  return names.filter((name) => !isProtectedNamespace(name, liqoNamespace) && !request.args.includes(name));
}

/** Ids of the clusters that this one is peered with, less those on the line. */
export const peerIds = namesOfKind(foreignClusters);

/** Names of what the cluster has of a kind, less those on the line. */
export function namesOfKind<T extends KubeObject>(resource: Resource<T>): Exclude<Completer, "files"> {
  return lessThoseOnTheLine((request) => namesOf(request, resource));
}

/** The same, of those of the namespace that the line names. */
export function namesInNamespace<T extends KubeObject>(resource: Resource<T>): Exclude<Completer, "files"> {
  return lessThoseOnTheLine((request) => namesOf(request, resource, request.flagText("namespace") ?? "default"));
}

function lessThoseOnTheLine(
  ask: (request: CompletionRequest) => Promise<readonly string[]>,
): Exclude<Completer, "files"> {
  return async (request) => {
    const names = new Set(await ask(request));
    return [...names].filter((name) => !request.args.includes(name));
  };
}

async function namesOf<T extends KubeObject>(
  { ctx, env, flagText }: CompletionRequest,
  resource: Resource<T>,
  namespace?: string,
): Promise<string[]> {
  const flags = {
    kubeconfig: flagText("kubeconfig"),
    context: flagText("context"),
    cluster: flagText("cluster"),
    user: flagText("user"),
  };
  using cluster = openCluster(flags, "", env.defaultKubeconfig);
  const { items } = await cluster.client.list(withTimeout(ctx, ANSWER_MS), resource, {
    ...(namespace !== undefined && { namespace }),
  });
  return items.flatMap(({ metadata }) => metadata?.name ?? []);
}
