/**
 * Pods of Liqo whose containers were killed often. A kubelet starts such a container again after minutes only, however
 * well it does, until it has run for ten: they are replaced between two steps, as an administrator would.
 */
import type { Pod } from "kubernetes-types/core/v1";
import { eventually } from "#kit/eventually.ts";
import type { World } from "./world.ts";

/** After the next one it waits for 40 s: 10 s, doubled each time. */
const MOST_RESTARTS = 2;
const OF_LIQO = /^liqo(-tenant-.*)?$/;

export async function replaceWornPods({ clusters }: World): Promise<void> {
  for (const cluster of ["milan", "rome"]) {
    const { items } = await clusters.get<{ items: Pod[] }>(cluster, "pods", "-A");
    for (const { metadata } of items.filter(isWorn)) {
      const namespace = metadata?.namespace ?? "";
      await clusters.kubectl(cluster, "delete", "pod", metadata?.name ?? "", "-n", namespace);
      const ready = ["wait", "pod", "--all", "-n", namespace, "--for=condition=Ready", "--timeout=10s"];
      await eventually("it is replaced", () => clusters.kubectl(cluster, ...ready));
    }
  }
}

function isWorn({ metadata, status }: Pod): boolean {
  const restarts = status?.containerStatuses?.map(({ restartCount }) => restartCount) ?? [];
  return OF_LIQO.test(metadata?.namespace ?? "") && Math.max(0, ...restarts) > MOST_RESTARTS;
}
