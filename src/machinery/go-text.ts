/** JSON as Go prints it with `%v` and `%+v`: in the words of Kubernetes' errors. */
import { isJsonObject } from "./schema/schema.ts";

/** `map[spec:map[replicas:x]]`, `[a b]`, `<nil>` */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (!isJsonObject(value)) return value === null ? "<nil>" : String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(" ")}]`;
}
