/**
 * What happens when much comes at once: many pods beside as many local ones, and many ConfigMaps or Services created in
 * an offloaded namespace.
 */
import type { Pod } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { Informer } from "#kube/informer/informer.ts";
import { pods } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { FAKE_NODE_LABEL, FAKE_NODE_TAINT } from "./fake-kubelet.ts";
import { type Figure, quantile } from "./figures.ts";
import { forgePod, type Pair } from "./offloading.ts";
import { inParallel } from "./parallel.ts";

const DEADLINE_MS = 600_000;

export type Side = "local" | "remote";

/** From a pod's creation to Running as seen at home, ms each, and the time until the last was. */
export interface Burst {
  readonly each: readonly number[];
  readonly allMs: number;
}

/** Creates `count` pods on one side as fast as the API server takes them; they stay. Light ones are for fake nodes. */
export async function burstOfPods(
  ctx: Context,
  { home, namespace }: Pair,
  side: Side,
  count: number,
  weight: "light" | "real",
): Promise<Burst> {
  const created = new Map<string, number>();
  const running = new Map<string, number>();
  const prefix = `burst-${weight}-${side}-${count}-`;
  const startedAt = performance.now();
  await using seen = await follow(ctx, home, pods, namespace, (pod, isDeleted) => {
    const name = pod.metadata?.name ?? "";
    if (!isDeleted && name.startsWith(prefix) && pod.status?.phase === "Running" && !running.has(name))
      running.set(name, performance.now());
    return running.size === count;
  });
  await inParallel(count, async (i) => {
    created.set(`${prefix}${i}`, performance.now());
    await home.create(ctx, pods, forgeBurstPod(namespace, `${prefix}${i}`, side, weight));
  });
  await seen.done;
  const each = [...running].map(([name, atMs]) => atMs - (created.get(name) ?? startedAt));
  return { each, allMs: Math.max(...running.values()) - startedAt };
}

/** Removes all pods of the namespace and waits until both sides have none. */
export async function removePods(ctx: Context, { home, provider, namespace, twin }: Pair): Promise<void> {
  const { items } = await home.list(ctx, pods, { namespace });
  const names = items.map(({ metadata }) => metadata?.name ?? "");
  await inParallel(names.length, (i) => home.deleteIfPresent(ctx, pods, { namespace, name: names[i] ?? "" }));
  await Promise.all([emptied(ctx, home, namespace), emptied(ctx, provider, twin)]);
}

/** How long after the last of `count` objects was created at home was the last seen at the provider? */
export async function burstOfObjects<T extends KubeObject>(
  ctx: Context,
  { home, provider, namespace, twin }: Pair,
  { kind, resource, forge }: { kind: string; resource: Resource<T>; forge: (namespace: string, name: string) => T },
  count: number,
): Promise<Figure[]> {
  const remote = new Set<string>();
  await using seen = await follow(ctx, provider, resource, twin, ({ metadata }, isDeleted) => {
    if (!isDeleted && metadata?.name?.startsWith("burst-") === true) remote.add(metadata.name);
    return remote.size === count;
  });
  const startedAt = performance.now();
  await inParallel(count, (i) => home.create(ctx, resource, forge(namespace, `burst-${i}`)));
  const createdMs = performance.now() - startedAt;
  await seen.done;
  const behindMs = Math.max(0, performance.now() - startedAt - createdMs);
  await inParallel(count, (i) => home.deleteIfPresent(ctx, resource, { namespace, name: `burst-${i}` }));
  return [
    { name: `${count} ${kind}s created at home`, value: createdMs, unit: "ms" },
    { name: `${count} ${kind}s: provider behind by`, value: behindMs, unit: "ms" },
  ];
}

export function burstFigures(name: string, remote: Burst, local: Burst, goal?: string): Figure[] {
  const figure = (what: string, of: (burst: Burst) => number): Figure => ({
    name: `${name}, ${what}`,
    value: of(remote) / 1_000,
    unit: "s",
    reference: { name: "local", value: of(local) / 1_000 },
  });
  return [
    figure("p50", ({ each }) => quantile(each, 0.5)),
    { ...figure("all Running", ({ allMs }) => allMs), ...(goal !== undefined && { goal }) },
  ];
}

interface Following extends AsyncDisposable {
  /** Once `isDone` has said so; rejects after the deadline. */
  readonly done: Promise<void>;
}

/** Shows `isDone` what exists and then every change, until it says yes. An informer, because a loaded server ends watches. */
async function follow<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: Resource<T>,
  namespace: string,
  isDone: (object: T, isDeleted: boolean) => boolean,
): Promise<Following> {
  const informer = new Informer(ctx, client, resource, { namespace });
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const show = (object: T, isDeleted: boolean): void => {
    if (isDone(object, isDeleted)) resolve();
  };
  await informer.synced;
  const late = new Error(`${resource.plural} in ${namespace}: not all was seen within ${DEADLINE_MS / 1_000} s`);
  const timer = setTimeout(() => reject(late), DEADLINE_MS);
  informer.addHandler({
    added: (object) => show(object, false),
    updated: (object) => show(object, false),
    deleted: (object) => show(object, true),
  });
  return {
    done,
    [Symbol.asyncDispose]: async () => {
      clearTimeout(timer);
      await informer[Symbol.asyncDispose]();
    },
  };
}

async function emptied(ctx: Context, client: KubeClient, namespace: string): Promise<void> {
  const left = new Set<string>();
  const change = ({ metadata }: Pod, isDeleted: boolean): boolean => {
    if (isDeleted) left.delete(metadata?.uid ?? "");
    else left.add(metadata?.uid ?? "");
    return left.size === 0;
  };
  await using gone = await follow(ctx, client, pods, namespace, change);
  if (left.size > 0) await gone.done;
}

function forgeBurstPod(namespace: string, name: string, side: Side, weight: "light" | "real"): Pod {
  const { metadata, spec } = forgePod(namespace, name, side === "remote");
  const requests = { cpu: "1m" };
  return {
    ...(metadata !== undefined && { metadata }),
    spec: {
      ...spec,
      ...(weight === "light" && side === "local" && { nodeSelector: FAKE_NODE_LABEL }),
      ...(weight === "light" && { tolerations: [{ ...FAKE_NODE_TAINT, operator: "Equal" }] }),
      containers: (spec?.containers ?? []).map((container) => ({ ...container, resources: { requests } })),
    },
  };
}
