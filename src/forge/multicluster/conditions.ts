/** What a ServiceExport and a ServiceImport say of themselves. Kubernetes: sigs.k8s.io/mcs-api, v1alpha1 condition types */
import type { ServiceImport } from "#api/multicluster/serviceimport.ts";
import { type Condition, findCondition, isConditionTrue, withCondition } from "#machinery/conditions.ts";

export interface ExportSeen {
  readonly valid: Condition;
  /** The ServiceImport that comes of it; undefined: there is none yet. */
  readonly imported: ServiceImport | undefined;
  readonly cluster: string;
  /** Why there can be none. */
  readonly obstacle?: string;
}

/** The conditions of a ServiceExport, those of others kept. */
export function exportConditions(
  before: readonly Condition[] | undefined,
  { valid, imported, cluster, obstacle }: ExportSeen,
  nowMs: number,
): Condition[] {
  const isPart = imported?.status?.clusters?.some((each) => each.cluster === cluster) === true;
  const conflict = isPart ? findCondition(imported?.status?.conditions, "Conflict") : undefined;
  const none = { type: "Conflict", status: "False", reason: "NoConflicts", message: "nothing to differ from" };
  const { type, status, reason = "NoConflicts", message = "" } = conflict ?? none;
  const wanted = [valid, { type, status, reason, message }, readiness(valid, isPart ? imported : undefined, obstacle)];
  let conditions = [...(before ?? [])];
  for (const condition of wanted) conditions = withCondition(conditions, condition, nowMs);
  return conditions;
}

/** The conditions of a ServiceImport in one cluster. */
export function importConditions(
  before: readonly Condition[] | undefined,
  { conflict, isReachable }: { readonly conflict: Condition | undefined; readonly isReachable: boolean },
  nowMs: number,
): Condition[] {
  const ready = isReachable
    ? { type: "Ready", status: "True", reason: "Ready", message: "it can be used" }
    : { type: "Ready", status: "False", reason: "Pending", message: "waits for its clusterset IP" };
  let conditions = withCondition(before, ready, nowMs);
  if (conflict !== undefined) {
    const { type, status, reason = "", message = "" } = conflict;
    conditions = withCondition(conditions, { type, status, reason, message }, nowMs);
  }
  return conditions;
}

/** Whether pods can use it: a headless one has no address of its own. */
export function isReachable({ spec }: ServiceImport): boolean {
  return spec?.type === "Headless" || (spec?.ips?.length ?? 0) > 0;
}

function readiness(valid: Condition, imported: ServiceImport | undefined, obstacle: string | undefined): Condition {
  const ready = (status: string, reason: string, message: string): Condition => ({
    type: "Ready",
    status,
    reason,
    message,
  });
  if (obstacle !== undefined) return ready("False", "Failed", obstacle);
  if (valid.status !== "True") return ready("False", "Failed", valid.message ?? "");
  if (imported !== undefined && isConditionTrue(imported.status?.conditions, "Ready"))
    return ready("True", "Exported", "its endpoints are part of the ServiceImport");
  return ready("False", "Pending", "waits for its ServiceImport");
}
