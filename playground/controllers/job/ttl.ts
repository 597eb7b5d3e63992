/** The end of a Job that has ended. Kubernetes: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go */
import type { Job } from "kubernetes-types/batch/v1";
import { isConditionTrue } from "#machinery/conditions.ts";

export function isFinished({ status }: Job): boolean {
  return isConditionTrue(status?.conditions, "Complete") || isConditionTrue(status?.conditions, "Failed");
}

/** When a finished Job is to be deleted; undefined: it stays. */
export function expiryMs({ spec, status }: Job): number | undefined {
  const end = status?.conditions?.find(({ type }) => type === "Complete" || type === "Failed")?.lastTransitionTime;
  if (spec?.ttlSecondsAfterFinished === undefined || end === undefined) return undefined;
  return Date.parse(end) + spec.ttlSecondsAfterFinished * 1000;
}
