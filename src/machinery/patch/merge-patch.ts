/** JSON Merge Patch. RFC 7386 §2 */
import { isJsonObject } from "../schema/schema.ts";

/** The patched value; `target` may be changed and parts of `patch` may be in the result. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result = isJsonObject(target) ? target : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = applyMergePatch(result[field], value);
  }
  return result;
}
