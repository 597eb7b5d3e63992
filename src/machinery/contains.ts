/** Whether everything wanted is already there, whatever else is: the server adds defaults and other managers' fields. */
export function contains(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    // Built-in kinds leave empty lists out.
    if (actual === undefined) return wanted.length === 0;
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => contains(actual[index], item))
    );
  }
  if (typeof wanted !== "object" || wanted === null) return actual === wanted;
  if (typeof actual !== "object" || actual === null) return Object.keys(wanted).length === 0;
  const fields = new Map(Object.entries(actual));
  return Object.entries(wanted).every(([key, value]) => value === undefined || contains(fields.get(key), value));
}
