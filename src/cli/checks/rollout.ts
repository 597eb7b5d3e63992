/** Why pods that should be ready are not: the first of them, in words. */
import type { Pod } from "kubernetes-types/core/v1";
import { findCondition } from "#machinery/conditions.ts";
import { isReady, isTerminating } from "#machinery/pod.ts";
import { life } from "../why/life.ts";

export function findUnready(pods: readonly Pod[]): string | undefined {
  const pod = pods.find((each) => !isReady(each) && !isTerminating(each));
  if (pod === undefined) return undefined;
  const unscheduled = findCondition(pod.status?.conditions, "PodScheduled")?.message;
  const says =
    pod.spec?.nodeName === undefined
      ? (unscheduled ?? "it has no node yet")
      : life({ pod, events: [], cluster: undefined }).at(-1)?.says;
  return `${pod.metadata?.name}: ${says}`;
}
