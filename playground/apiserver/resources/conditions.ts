/** Conditions as Go encodes them: times that were not set are null. */
import type { JsonObject } from "#machinery/schema/schema.ts";

/** In place. `status` is that of a built-in kind; `fields` are its conditions' times. */
export function fillConditionTimes(status: object | undefined, fields: readonly string[]): void {
  const { conditions } = (status ?? {}) as { conditions?: readonly JsonObject[] };
  for (const condition of conditions ?? []) for (const field of fields) condition[field] ??= null;
}
