/** Objects as JSON or YAML, for `--output`. */
import { stringify } from "yaml";

export function formatObject(object: unknown, format: "json" | "yaml"): string {
  return format === "json" ? JSON.stringify(object, undefined, 2) : stringify(object).trimEnd();
}
