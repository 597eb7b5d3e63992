/** All that is measured of one engine: two clusters of one node each, with Liqo, peered and unpeered again. */

import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import type { Engine } from "#engines/engine.ts";
import { writeSingleKubeconfig } from "#engines/single-kubeconfig.ts";
import { bindClusters, type Clusters, installLiqo } from "#kit/clusters.ts";
import { KubeClient } from "#kube/client/client.ts";
import { configFromFile } from "#kube/client/config.ts";
import { configMaps, services } from "#machinery/builtin.ts";
import { apiServerFigures } from "./apiserver.ts";
import { burstFigures, burstOfObjects, burstOfPods, removePods } from "./burst.ts";
import { componentMemory, componentProcessor, furtherPeerFigure } from "./components.ts";
import { startFakeNode } from "./fake-kubelet.ts";
import type { Figure } from "./figures.ts";
import { controlPlaneFigure } from "./footprint.ts";
import { forgeConfigMap, forgeService, offloadingFigures, type Pair } from "./offloading.ts";
import { traceFigures } from "./trace.ts";

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

const NAMESPACE = "bench";
/** At the provider, nobody's twin. */
const ALONE = "default";
const REST_MS = 15_000;
const REAL_PODS = 50;
const LIGHT_PODS = 1_000;
const SOME_PODS = 100;
const OBJECTS = 300;
const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const ASKED = ["--cpu", "500", "--memory", "1000Gi", "--pods", "3k"] as const;
/** Of the pod CIDR, given to no node by either engine. */
const FAKE_ADDRESSES = "10.244.128.0/20";

export async function* measureEngine(engine: Engine): AsyncGenerator<Section> {
  const home = dirname(engine.kubeconfig);
  const ctx: Context = { signal: new AbortController().signal, log: silentLogger };
  const { value: created, seconds: createdS } = await timed(() =>
    engine.create(["milan", "rome"].map((name) => ({ name, workers: 1 }))),
  );
  const clusters = bindClusters(engine, created);
  using milan = new KubeClient(configFromFile(engine.kubeconfig, { context: "milan" }), "bench");
  using rome = new KubeClient(configFromFile(engine.kubeconfig, { context: "rome" }), "bench");
  await delay(REST_MS);
  yield {
    title: "Two clusters of one node",
    figures: [
      { name: "until their nodes are Ready", value: createdS, unit: "s", goal: "at most 60 s" },
      ...["milan", "rome"].map((cluster) => controlPlaneFigure(home, cluster)),
    ],
  };
  yield { title: "API server", figures: await apiServerFigures(ctx, milan.transport.config) };
  for (const cluster of created) await installLiqo(clusters, cluster);
  await delay(REST_MS);
  const memory: Figure[] = componentMemory(home, "milan", "no peer");
  const { seconds: peeredS } = await timed(() => clusters.liqoctl("peer", ...PEERS, ...ASKED));
  await clusters.kubectl("milan", "create", "namespace", NAMESPACE);
  await clusters.liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  await delay(REST_MS);
  memory.push(
    ...componentMemory(home, "milan", "1 peer", "at most 250 MiB"),
    furtherPeerFigure(home, "milan"),
    ...componentMemory(home, "rome", "1 peer"),
  );
  const processor = [await componentProcessor(home, "milan", "1 peer, no pods")];
  const pair = { home: milan, provider: rome, namespace: NAMESPACE, twin: `${NAMESPACE}-milan` };
  yield { title: "One after the other", figures: await offloadingFigures(ctx, pair) };
  yield { title: "One offloaded pod, step by step (p50)", figures: await traceFigures(ctx, pair) };
  yield { title: "Many at once", figures: await realBursts(ctx, pair) };
  const light = await lightPods(ctx, { home, pair, clusters });
  yield { title: `${LIGHT_PODS} light pods at once`, figures: light.figures };
  yield { title: "Memory of Liqo's components (resident)", figures: [...memory, ...light.memory] };
  yield { title: "Processor at rest", figures: [...processor, ...light.processor] };
  const { seconds: unpeeredS } = await timed(() => clusters.liqoctl("unpeer", ...PEERS));
  yield {
    title: "Peering, with network",
    figures: [
      { name: "liqoctl peer", value: peeredS, unit: "s", goal: "at most 5 s" },
      { name: "liqoctl unpeer", value: unpeeredS, unit: "s", goal: "at most 5 s" },
    ],
  };
}

async function realBursts(ctx: Context, pair: Pair): Promise<Figure[]> {
  const local = await burstOfPods(ctx, pair, "local", REAL_PODS, "real");
  await removePods(ctx, pair);
  const remote = await burstOfPods(ctx, pair, "remote", REAL_PODS, "real");
  await removePods(ctx, pair);
  const configMap = { kind: "ConfigMap", resource: configMaps, forge: numbered(forgeConfigMap) };
  const service = { kind: "Service", resource: services, forge: numbered(forgeService) };
  return [
    ...burstFigures(`${REAL_PODS} pods`, remote, local),
    ...(await burstOfObjects(ctx, pair, configMap, OBJECTS)),
    ...(await burstOfObjects(ctx, pair, service, OBJECTS)),
  ];
}

function numbered<T>(forge: (namespace: string, name: string, round: number) => T) {
  return (namespace: string, name: string): T => forge(namespace, name, 0);
}

interface Setting {
  readonly home: string;
  readonly pair: Pair;
  readonly clusters: Clusters;
}

/** With fake nodes on both sides and the real workers closed. */
async function lightPods(
  ctx: Context,
  { home, pair, clusters }: Setting,
): Promise<{ figures: Figure[]; memory: Figure[]; processor: Figure[] }> {
  const config = (cluster: string): Promise<string> => writeSingleKubeconfig(clusters.engine.kubeconfig, cluster);
  await using _local = await startFakeNode(ctx, pair.home, await config("milan"), FAKE_ADDRESSES);
  await using _remote = await startFakeNode(ctx, pair.provider, await config("rome"), FAKE_ADDRESSES);
  for (const { name, workers } of clusters.clusters) await clusters.kubectl(name, "cordon", ...workers);
  const local = await burstOfPods(ctx, pair, "local", LIGHT_PODS, "light");
  await removePods(ctx, pair);
  const doubled = await burstOnBoth(ctx, pair);
  await burstOfPods(ctx, pair, "remote", SOME_PODS, "light");
  await delay(REST_MS);
  const memory = componentMemory(home, "milan", `${SOME_PODS} pods`);
  const processor = [await componentProcessor(home, "milan", `${SOME_PODS} pods`)];
  await removePods(ctx, pair);
  const remote = await burstOfPods(ctx, pair, "remote", LIGHT_PODS, "light");
  await delay(REST_MS);
  memory.push(
    ...componentMemory(home, "milan", `${LIGHT_PODS} pods`),
    ...componentMemory(home, "rome", `${LIGHT_PODS} pods`),
  );
  processor.push(await componentProcessor(home, "milan", `${LIGHT_PODS} pods`));
  await removePods(ctx, pair);
  for (const { name, workers } of clusters.clusters) await clusters.kubectl(name, "uncordon", ...workers);
  const figures: Figure[] = [
    ...burstFigures(`${LIGHT_PODS} light pods`, remote, local, "at most 2 x"),
    {
      name: `${LIGHT_PODS} light pods on each cluster at once, none offloaded, all Running`,
      value: doubled,
      unit: "s",
      reference: { name: "on one", value: local.allMs / 1_000 },
    },
  ];
  return { figures, memory, processor };
}

/** What two clusters on one machine take at least: an offloaded pod is a pod of both. Seconds until all are Running. */
async function burstOnBoth(ctx: Context, pair: Pair): Promise<number> {
  const other = { home: pair.provider, provider: pair.home, namespace: ALONE, twin: ALONE };
  const bursts = await Promise.all([pair, other].map((each) => burstOfPods(ctx, each, "local", LIGHT_PODS, "light")));
  await Promise.all([pair, other].map((each) => removePods(ctx, each)));
  return Math.max(...bursts.map(({ allMs }) => allMs)) / 1_000;
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const startedAt = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - startedAt) / 1_000 };
}
