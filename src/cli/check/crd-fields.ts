/** Which fields a schema has that another lacks: an API server drops what its CRD does not know. */
export function missingFields(wanted: unknown, served: unknown, path = ""): string[] {
  const items = keyOf(wanted, "items");
  if (items !== undefined) return missingFields(items, keyOf(served, "items"), `${path}[]`);
  // Whatever is not described is kept as it is.
  if (served !== undefined && keyOf(served, "x-kubernetes-preserve-unknown-fields") === true) return [];
  const own = keyOf(wanted, "properties");
  if (typeof own !== "object" || own === null) return [];
  return Object.entries(own).flatMap(([name, schema]) => {
    const there = keyOf(keyOf(served, "properties"), name);
    const at = path === "" ? name : `${path}.${name}`;
    return there === undefined ? [at] : missingFields(schema, there, at);
  });
}

function keyOf(schema: unknown, key: string): unknown {
  return typeof schema === "object" && schema !== null && Object.hasOwn(schema, key)
    ? (schema as Record<string, unknown>)[key]
    : undefined;
}
