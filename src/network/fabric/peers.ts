/** Which other fabric pods live, and whether the DaemonSet of this one is being removed. */
import type { Pod } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { daemonSets, pods } from "#machinery/builtin.ts";
import { controllerOf, type ObjectKey } from "#machinery/meta.ts";
import { isActive } from "#machinery/pod.ts";

// A node that does not answer keeps its pod object; its state is then nobody's to wait for.
const UNREADY_MS = 60_000;

export async function isPodLive(ctx: Context, client: KubeClient, key: ObjectKey, clock: Clock): Promise<boolean> {
  const pod = await client.find(ctx, pods, key);
  return pod !== undefined && isLive(pod, clock.epochMs());
}

export function isLive(pod: Pod, nowMs: number): boolean {
  if (!isActive(pod)) return false;
  const ready = pod.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready === undefined || ready.status === "True") return true;
  return nowMs - Date.parse(ready.lastTransitionTime ?? "") < UNREADY_MS;
}

/** True only when the API server says so: at any doubt the data plane stays. */
export async function isUninstalling(
  ctx: Context,
  client: KubeClient,
  namespace: string,
  podName: string,
): Promise<boolean> {
  const pod = await client.find(ctx, pods, { namespace, name: podName });
  const owner = pod === undefined ? undefined : controllerOf(pod);
  if (owner?.kind !== "DaemonSet") return false;
  const set = await client.find(ctx, daemonSets, { namespace, name: owner.name });
  return set === undefined || set.metadata?.uid !== owner.uid || set.metadata.deletionTimestamp !== undefined;
}
