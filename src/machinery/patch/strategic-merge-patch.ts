import type { JsonObject, Schema } from "../schema/schema.ts";
import { applyMergePatch } from "./merge-patch.ts";
export function applyStrategicMergePatch(
  current: JsonObject,
  patch: JsonObject,
  _schema: Schema | undefined,
): JsonObject {
  return applyMergePatch(current, patch) as JsonObject;
}
