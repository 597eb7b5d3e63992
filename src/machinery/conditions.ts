/** Conditions of any object. Kubernetes: apimachinery/pkg/api/meta/conditions.go */
export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  lastUpdateTime?: string;
  observedGeneration?: number;
}

/** RFC 3339 with whole seconds, as metav1.Time is written. */
export function timestamp(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 with microseconds, as metav1.MicroTime is written. */
export function microTimestamp(nowMs: number): string {
  return new Date(nowMs).toISOString().replace("Z", "000Z");
}

export function findCondition<C extends { type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(
  conditions: readonly { type: string; status: string }[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === "True";
}

/** The list with `next` in place; the transition time moves only when the status changes. */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, next: C, nowMs: number): C[] {
  const previous = findCondition(conditions, next.type);
  const unchanged = previous?.status === next.status && previous.lastTransitionTime !== undefined;
  const set: C = { ...next, lastTransitionTime: unchanged ? previous.lastTransitionTime : timestamp(nowMs) };
  if (previous === undefined) return [...(conditions ?? []), set];
  return (conditions ?? []).map((condition) => (condition.type === next.type ? set : condition));
}
