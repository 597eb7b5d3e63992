/** Which other fabric pods live, and whether the DaemonSet of this one is being removed. */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { KubeClient } from "#kube/client/client.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { daemonSets, pods } from "#machinery/builtin.ts";
import { controllerOf, type ObjectKey, type OwnerReference } from "#machinery/meta.ts";
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

/**
 * Tells whether the DaemonSet of this pod was seen to go. Who removes Liqo removes the right to ask as well, before or after
 * it: a watch that is open hears of it all the same.
 */
export function followDaemonSet(informers: Informers, { namespace, name }: OwnPod): () => boolean {
  let owner: OwnerReference | undefined;
  let isGone = false;
  const look = ({ metadata }: DaemonSet, isDeleted: boolean): void => {
    if (metadata?.uid !== owner?.uid) return;
    isGone ||= isDeleted || metadata?.deletionTimestamp !== undefined;
  };
  const learn = (pod: Pod): void => {
    const found = controllerOf(pod);
    if (owner !== undefined || found?.kind !== "DaemonSet") return;
    owner = found;
    informers.for(daemonSets, { namespace, fieldSelector: `metadata.name=${found.name}` }).addHandler({
      added: (set) => look(set, false),
      updated: (set) => look(set, false),
      deleted: (set) => look(set, true),
    });
  };
  informers
    .for(pods, { namespace, fieldSelector: `metadata.name=${name}` })
    .addHandler({ added: learn, updated: learn });
  return () => isGone;
}

interface OwnPod extends ObjectKey {
  readonly namespace: string;
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
