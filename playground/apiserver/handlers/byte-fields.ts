/** Fields of bytes, which JSON carries as base64. Go: encoding/base64 (StdEncoding), encoding/json */
import { fieldSchema, isJsonObject, type Schema } from "#machinery/schema/schema.ts";

const ALPHABET = /[A-Za-z0-9+/]/;
/** Which schemas have such fields: most have none and are not walked. */
const withBytes = new WeakMap<Schema, boolean>();

/** `illegal base64 data at input byte 0`, of the first such field. */
export function findBase64Error(value: unknown, schema: Schema | undefined): string | undefined {
  if (schema === undefined || !hasBytes(schema)) return undefined;
  if (typeof value === "string" && schema.format === "byte") {
    const at = findCorruptByte(value);
    return at === undefined ? undefined : `illegal base64 data at input byte ${at}`;
  }
  const children = Array.isArray(value)
    ? value.map((item) => [item, schema.items] as const)
    : Object.entries(isJsonObject(value) ? value : {}).map(
        ([field, child]) => [child, fieldSchema(schema, field)] as const,
      );
  for (const [child, childSchema] of children) {
    const error = findBase64Error(child, childSchema);
    if (error !== undefined) return error;
  }
  return undefined;
}

function hasBytes(schema: Schema): boolean {
  const known = withBytes.get(schema);
  if (known !== undefined) return known;
  // Schemas may be cyclic.
  withBytes.set(schema, false);
  const { properties, items, additionalProperties: rest } = schema;
  const below = [
    ...Object.values(properties ?? {}),
    ...(items ? [items] : []),
    ...(typeof rest === "object" ? [rest] : []),
  ];
  const found = schema.format === "byte" || below.some(hasBytes);
  withBytes.set(schema, found);
  return found;
}

function findCorruptByte(text: string): number | undefined {
  const skipLineEnds = (from: number): number => {
    let at = from;
    while (text[at] === "\n" || text[at] === "\r") at++;
    return at;
  };
  let digits = 0;
  for (let at = skipLineEnds(0); at < text.length; at = skipLineEnds(at + 1)) {
    if (ALPHABET.test(text[at] ?? "")) digits++;
    else if (text[at] !== "=" || digits % 4 < 2) return at;
    else {
      let end = skipLineEnds(at + 1);
      if (digits % 4 === 2) {
        if (text[end] !== "=") return Math.min(end, text.length);
        end = skipLineEnds(end + 1);
      }
      return end < text.length ? end : undefined;
    }
  }
  return digits % 4 === 0 ? undefined : text.length - (digits % 4);
}
