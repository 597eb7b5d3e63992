/** Objects as JSON or YAML, for `--output`. */
import { stringify } from "yaml";

export function formatObject(object: unknown, format: "json" | "yaml"): string {
  return format === "json" ? JSON.stringify(object, undefined, 2) : stringify(object).trimEnd();
}

/** Several as kubectl reads them: documents of YAML, a List of JSON. */
export function formatObjects(objects: readonly unknown[], format: "json" | "yaml"): string {
  if (format === "yaml") return objects.map((object) => formatObject(object, format)).join("\n---\n");
  const [only, ...others] = objects;
  return formatObject(others.length === 0 ? only : { apiVersion: "v1", kind: "List", items: objects }, format);
}
