/** A federation of many clusters around one, with many pods: for how long it takes to draw. */
import type { Item, PodItem } from "../../model/items.ts";
import { ago, clusterItem, nodeItem, offloadedPair, peeringItem, podItem } from "./demo-world.ts";

const NODES = 3;
const HEALTHS = ["good", "good", "good", "good", "good", "good", "good", "waiting", "bad", "ending"] as const;

const STATUS = {
  good: "Running",
  waiting: "ContainerCreating",
  bad: "CrashLoopBackOff",
  ending: "Terminating",
} as const;

export function bigWorld(clusters: number, pods: number, nowMs: number): Item[] {
  const names = Array.from({ length: clusters }, (_, index) => `cluster-${String(index + 1).padStart(2, "0")}`);
  const [hub = "", ...spokes] = names;
  const nodes = names.flatMap((cluster) =>
    Array.from({ length: NODES }, (_, index) => nodeItem(cluster, `worker-${index + 1}`)),
  );
  return [
    ...names.map(clusterItem),
    ...nodes,
    ...spokes.map((spoke) => nodeItem(hub, `liqo-${spoke}`, spoke)),
    ...spokes.flatMap((spoke) => [
      peeringItem(hub, spoke, "Provider", nowMs),
      peeringItem(spoke, hub, "Consumer", nowMs),
    ]),
    ...Array.from({ length: pods }, (_, index) => somePods(index, names, ago(nowMs, index * 1_000)))
      .flat()
      .slice(0, pods),
  ];
}

/** Every fourth is the hub's and runs elsewhere. */
function somePods(index: number, clusters: readonly string[], createdAt: string): PodItem[] {
  const cluster = clusters[index % clusters.length] ?? "";
  const health = HEALTHS[(index * 7) % HEALTHS.length] ?? "good";
  const node = `worker-${1 + (index % NODES)}`;
  const pod = {
    namespace: `team-${index % 9}`,
    name: `job-${String(index).padStart(4, "0")}`,
    createdAt,
    health,
    status: STATUS[health],
  };
  const hub = clusters[0] ?? "";
  if (Math.floor(index / clusters.length) % 4 !== 0 || cluster === hub) return [podItem({ ...pod, cluster, node })];
  return offloadedPair(
    { ...pod, cluster: hub, node: `liqo-${cluster}` },
    { cluster, namespace: `${pod.namespace}-${hub}`, node },
  );
}
