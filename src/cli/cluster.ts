/** One cluster a command works on, as its user: everything goes through the API. */
import { randomBytes } from "node:crypto";
import { type Context, sleep, withTimeout } from "#base/context.ts";
import { isAborted, messageOf } from "#base/errors.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile, KubeconfigError } from "#kube/client/config.ts";
import { configMaps } from "#machinery/builtin.ts";
import { formatGroupResource, type Resource } from "#machinery/gvk.ts";
import { formatKey, type KubeObject, type Marks, type ObjectKey } from "#machinery/meta.ts";
import { StatusError } from "#machinery/status-error.ts";
import { CliError, REACHABLE_HINT } from "./errors.ts";

/** The ConfigMap in Liqo's namespace that has the cluster's id. */
export const CLUSTER_ID_SELECTOR = "app.kubernetes.io/name=clusterid-configmap";
/** After so long without a word a server counts as silent. */
export const ANSWER_MS = 10_000;

export interface ClusterFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
}

export interface Cluster extends Disposable {
  readonly client: KubeClient;
  readonly liqoNamespace: string;
  readonly server: string;
  /** The context that was asked for by name. */
  readonly contextName?: string;
}

/** `marks`: on all that is made there. */
export function openCluster(
  flags: ClusterFlags,
  liqoNamespace: string,
  defaultKubeconfig: string,
  marks: Marks = {},
): Cluster {
  const path = flags.kubeconfig ?? defaultKubeconfig;
  try {
    const config = configFromFile(path, flags);
    const client = new KubeClient(config, "liqoctl", { marks });
    const named = flags.context === undefined ? {} : { contextName: flags.context };
    const dispose = { [Symbol.dispose]: () => client[Symbol.dispose]() };
    return { client, liqoNamespace, server: config.server, ...named, ...dispose };
  } catch (cause) {
    if (cause instanceof KubeconfigError)
      throw new CliError(cause.message, { cause, hint: "check --kubeconfig and --context" });
    throw cause;
  }
}

/** The cluster's id. Throws a CliError when Liqo is not there. */
export async function clusterIdOf(ctx: Context, cluster: Cluster): Promise<string> {
  const id = await answered(ctx, cluster, (limited) => findClusterId(limited, cluster));
  if (id !== undefined) return id;
  throw new CliError(`Liqo is not installed in namespace ${cluster.liqoNamespace} of the cluster ${cluster.server}`, {
    hint: "install it with `liqoctl install`",
  });
}

/** Undefined where Liqo is not installed. */
export async function findClusterId(ctx: Context, { client, liqoNamespace }: Cluster): Promise<string | undefined> {
  const { items } = await client.list(ctx, configMaps, {
    namespace: liqoNamespace,
    labelSelector: CLUSTER_ID_SELECTOR,
  });
  const id = items[0]?.data?.["CLUSTER_ID"];
  return id === "" ? undefined : id;
}

/** A cluster that was asked for its id: `silence` says why nothing was heard of it. */
export type Reached =
  | { readonly answers: true; readonly id: string | undefined }
  | { readonly answers: false; readonly silence: string };

/** As findClusterId, for whom a cluster that does not answer is no error. A refusal is an answer, and is thrown. */
export async function reach(ctx: Context, cluster: Cluster): Promise<Reached> {
  try {
    return { answers: true, id: await findClusterId(withTimeout(ctx, ANSWER_MS), cluster) };
  } catch (error) {
    if (isAborted(error) && !ctx.signal.aborted)
      return { answers: false, silence: `${cluster.server} did not answer within ${ANSWER_MS / 1000} s` };
    // Without a cause it is the server itself that says so.
    if (error instanceof StatusError && error.reason === "ServiceUnavailable" && error.cause !== undefined)
      return { answers: false, silence: messageOf(error) };
    throw error;
  }
}

/** The first question to a server: a silent one is given up soon. */
export async function answered<T>(
  ctx: Context,
  { server }: Cluster,
  ask: (limited: Context) => Promise<T>,
): Promise<T> {
  try {
    return await ask(withTimeout(ctx, ANSWER_MS));
  } catch (cause) {
    if (!isAborted(cause) || ctx.signal.aborted) throw cause;
    throw new CliError(`the API server ${server} did not answer within ${ANSWER_MS / 1000} s`, {
      cause,
      hint: REACHABLE_HINT,
    });
  }
}

export interface WaitOptions<T> {
  readonly until: (object: T | undefined) => boolean;
  readonly timeoutMs: number;
  /** Completes "… within 10 s". */
  readonly what: string;
}

/** Watches one object until the condition holds; the object then. Throws a CliError after the time. */
export async function waitFor<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  key: ObjectKey,
  options: WaitOptions<T>,
): Promise<T | undefined> {
  const limited = withTimeout(ctx, options.timeoutMs);
  const scope = {
    fieldSelector: `metadata.name=${key.name}`,
    ...(key.namespace !== undefined && { namespace: key.namespace }),
  };
  try {
    while (!limited.signal.aborted) {
      const list = await client.list(limited, resource, scope);
      let current: T | undefined = list.items[0];
      if (options.until(current)) return current;
      for await (const event of client.watch(limited, resource, {
        ...scope,
        resourceVersion: list.metadata.resourceVersion ?? "0",
        timeoutSeconds: 60,
      })) {
        if (event.type === "BOOKMARK") continue;
        current = event.type === "DELETED" ? undefined : event.object;
        if (options.until(current)) return current;
      }
    }
  } catch (cause) {
    if (!limited.signal.aborted) throw cause;
  }
  throw new CliError(
    `${formatGroupResource(resource)} ${formatKey(key)}: ${options.what} within ${Math.round(options.timeoutMs / 1000)} s`,
  );
}

/** Waits for the first object of a listing, as far as it is accepted. Throws a CliError after the time. */
export async function waitForSome<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  options: {
    readonly namespace?: string;
    readonly labelSelector?: string;
    /** Default: all. */
    readonly accepts?: (object: T) => boolean;
    readonly timeoutMs: number;
    /** Completes "<resource>: … within 10 s". */
    readonly what: string;
  },
): Promise<T> {
  const { accepts = () => true, timeoutMs, what, ...scope } = options;
  const limited = withTimeout(ctx, timeoutMs);
  for (;;) {
    const { items } = await client.list(ctx, resource, scope);
    const found = items.find(accepts);
    if (found !== undefined) return found;
    if (limited.signal.aborted)
      throw new CliError(`${formatGroupResource(resource)}: ${what} within ${Math.round(timeoutMs / 1000)} s`);
    await sleep(limited, 100);
  }
}

/** Waits until a listing is empty. */
export async function waitForNone<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  scope: { namespace?: string; labelSelector?: string },
  timeoutMs: number,
  meanwhile: () => Promise<void> = async () => undefined,
): Promise<void> {
  const limited = withTimeout(ctx, timeoutMs);
  while (!limited.signal.aborted) {
    const { items } = await client.list(ctx, resource, scope);
    if (items.length === 0) return;
    await meanwhile();
    await sleep(limited, 100);
  }
  const { items } = await client.list(ctx, resource, scope);
  if (items.length > 0)
    throw new CliError(
      `${formatGroupResource(resource)} ${items.map(({ metadata }) => metadata?.name).join(", ")} still exist after ${Math.round(timeoutMs / 1000)} s`,
    );
}

/** A readable id for a cluster that was given none. */
export function generatedClusterId(): string {
  return `cluster-${randomBytes(3).toString("hex")}`;
}
