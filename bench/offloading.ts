/**
 * What does offloading cost: a pod on the virtual node beside one on a worker, from its creation to Running as seen at
 * home; and how soon is a changed ConfigMap or Service seen on the other side, beside a watch at home?
 */
import { setTimeout as delay } from "node:timers/promises";
import type { ConfigMap, Pod, Service } from "kubernetes-types/core/v1";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { configMaps, pods, services } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { type Figure, quantileFigures } from "./figures.ts";
import { Observer } from "./observer.ts";

const PODS = 20;
const CHANGES = 100;
/** Kubernetes: pkg/kubelet/kubelet.go (genericPlegRelistPeriod) */
const RELIST_MS = 1_000;

export interface Pair {
  readonly home: KubeClient;
  readonly provider: KubeClient;
  /** Offloaded, and its twin at the provider. */
  readonly namespace: string;
  readonly twin: string;
}

export async function offloadingFigures(ctx: Context, pair: Pair): Promise<Figure[]> {
  // The first of each warms caches up.
  await podStarts(ctx, pair, "warm", 1);
  const local = await podStarts(ctx, pair, "local", PODS);
  const remote = await podStarts(ctx, pair, "remote", PODS);
  return [
    ...quantileFigures("pod created to Running, remote", remote, { name: "local", values: local }),
    ...(await changeFigures(ctx, pair, "ConfigMap", configMaps, forgeConfigMap)),
    ...(await changeFigures(ctx, pair, "Service", services, forgeService)),
  ];
}

async function podStarts(
  ctx: Context,
  { home, namespace }: Pair,
  side: "local" | "remote" | "warm",
  count: number,
): Promise<number[]> {
  using observer = await Observer.open(ctx, home, pods, namespace);
  const durations: number[] = [];
  for (let i = 0; i < count; i++) {
    const name = `bench-${side}-${i}`;
    const running = observer.first(({ metadata, status }) => metadata?.name === name && status?.phase === "Running");
    await delay(relistOffsetMs(i, count));
    const startedAt = performance.now();
    await home.create(ctx, pods, forgePod(namespace, name, side === "remote"));
    durations.push((await running) - startedAt);
    await home.delete(ctx, pods, { namespace, name });
  }
  return durations;
}

/**
 * How long after the last pod the next one starts. A kubelet looks for what changed once a second, so pods that follow
 * each other at once all start at the same moment of that second, and a little more work costs nothing or a whole second.
 */
export function relistOffsetMs(round: number, rounds: number): number {
  return (round / rounds) * RELIST_MS;
}

/** Changes one object again and again; each change is awaited at home and at the provider. */
async function changeFigures<T extends KubeObject>(
  ctx: Context,
  { home, provider, namespace, twin }: Pair,
  kind: string,
  resource: Resource<T>,
  forge: (namespace: string, name: string, round: number) => T,
): Promise<Figure[]> {
  const name = "bench-changed";
  using here = await Observer.open(ctx, home, resource, namespace);
  using there = await Observer.open(ctx, provider, resource, twin);
  const atHome: number[] = [];
  const atProvider: number[] = [];
  for (let round = 0; round < CHANGES; round++) {
    const accepts = ({ metadata }: T): boolean => metadata?.annotations?.["bench/round"] === String(round);
    const both = [here.first(accepts), there.first(accepts)] as const;
    const startedAt = performance.now();
    await home.apply(ctx, resource, forge(namespace, name, round));
    atHome.push((await both[0]) - startedAt);
    atProvider.push((await both[1]) - startedAt);
  }
  await home.delete(ctx, resource, { namespace, name });
  return quantileFigures(`${kind} changed to seen remotely`, atProvider, { name: "seen at home", values: atHome });
}

export function forgePod(namespace: string, name: string, isRemote: boolean): Pod {
  const operator = isRemote ? "In" : "NotIn";
  const nodeSelectorTerms = [{ matchExpressions: [{ key: "liqo.io/type", operator, values: ["virtual-node"] }] }];
  return {
    metadata: { namespace, name },
    spec: {
      terminationGracePeriodSeconds: 0,
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
      containers: [{ name: "sleep", image: "busybox", command: ["sleep", "3600"] }],
    },
  };
}

export function forgeConfigMap(namespace: string, name: string, round: number): ConfigMap {
  return {
    metadata: { namespace, name, annotations: { "bench/round": String(round) } },
    data: { round: String(round) },
  };
}

export function forgeService(namespace: string, name: string, round: number): Service {
  const metadata = { namespace, name, annotations: { "bench/round": String(round) } };
  return { metadata, spec: { selector: { app: "none" }, ports: [{ port: 80, targetPort: 8_000 + round }] } };
}
