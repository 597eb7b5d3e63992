/** JSON Merge Patch. RFC 7386 §2 */
import { isJsonObject } from "../schema/schema.ts";

/** The patched value; `target` may be changed and parts of `patch` may be in the result. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const result = isJsonObject(target) ? target : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else {
      const before = Object.hasOwn(result, field) ? result[field] : undefined;
      // Assigned, a field called __proto__ would be the prototype.
      Object.defineProperty(result, field, {
        value: applyMergePatch(before, value),
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
  return result;
}
