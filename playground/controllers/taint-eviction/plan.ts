/** When a pod has to leave a tainted node. Kubernetes: pkg/controller/tainteviction/taint_eviction.go */
import type { Pod, Taint } from "kubernetes-types/core/v1";
import { timestamp } from "#machinery/conditions.ts";
import { tolerates } from "#machinery/taint.ts";

/** When the pod must leave, in ms since the epoch; undefined: it may stay. 0: at once. */
export function evictionTime(pod: Pod, taints: readonly Taint[]): number | undefined {
  const times = taints
    .filter(({ effect }) => effect === "NoExecute")
    .map((taint) => {
      const tolerations = (pod.spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint));
      if (tolerations.length === 0) return 0;
      const seconds = tolerations.map(({ tolerationSeconds }) => tolerationSeconds).filter((s) => s !== undefined);
      if (seconds.length === 0) return Number.POSITIVE_INFINITY;
      return Date.parse(taint.timeAdded ?? timestamp(0)) + Math.max(0, Math.min(...seconds)) * 1000;
    });
  const first = Math.min(...times, Number.POSITIVE_INFINITY);
  return Number.isFinite(first) ? first : undefined;
}
