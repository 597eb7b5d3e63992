/**
 * Schemas of the built-in kinds, read from what scripts/generate-openapi.ts wrote, on first use.
 * Without generated files nothing is known of built-in kinds, and anything goes.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { GroupVersionKind } from "#machinery/gvk.ts";
import { isJsonObject, type JsonObject, type Schema } from "#machinery/schema/schema.ts";

export interface BuiltinSchemas {
  find(gvk: GroupVersionKind): Schema | undefined;
  /** `#/components/schemas` of a group and version with descriptions, as stored JSON text; undefined when unknown. */
  components(gv: { readonly group: string; readonly version: string }): JsonObject | undefined;
  /** The schema of `metadata`, which custom resources share. */
  objectMeta(): Schema | undefined;
}

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

interface SchemaFile {
  /** Definition names by `group/version/Kind`. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, JsonObject>>;
}

/** `directory`: where the generator wrote, usually `.build/openapi`. */
export function loadBuiltinSchemas(directory: string): BuiltinSchemas {
  let loaded: { kinds: Readonly<Record<string, string>>; definitions: ReadonlyMap<string, Schema> } | undefined;
  const load = (): NonNullable<typeof loaded> => {
    loaded ??= link(join(directory, "schemas.json"));
    return loaded;
  };
  return {
    find: ({ group, version, kind }) => {
      const { kinds, definitions } = load();
      const name = kinds[`${group}/${version}/${kind}`];
      return name === undefined ? undefined : definitions.get(name);
    },
    objectMeta: () => load().definitions.get(OBJECT_META),
    components: ({ group, version }) => {
      const file = join(directory, "components", `${group === "" ? "core" : group}_${version}.json`);
      return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as JsonObject) : undefined;
    },
  };
}

/** Puts the definitions in place of the references to them. */
function link(file: string): { kinds: Readonly<Record<string, string>>; definitions: ReadonlyMap<string, Schema> } {
  if (!existsSync(file)) return { kinds: {}, definitions: new Map() };
  const { kinds, definitions } = JSON.parse(readFileSync(file, "utf8")) as SchemaFile;
  const resolve = (value: unknown): unknown => {
    if (!isJsonObject(value)) return value;
    if (typeof value.$ref === "string") return definitions[value.$ref] ?? {};
    // Arbitrary JSON in a built-in kind is owned as one piece.
    if (value["x-kubernetes-preserve-unknown-fields"] === true && value.type === undefined)
      value["x-kubernetes-map-type"] = "atomic";
    if (isJsonObject(value.properties)) {
      for (const [field, child] of Object.entries(value.properties)) value.properties[field] = resolve(child);
    }
    if (value.items !== undefined) value.items = resolve(value.items);
    if (value.additionalProperties !== undefined) value.additionalProperties = resolve(value.additionalProperties);
    return value;
  };
  for (const definition of Object.values(definitions)) resolve(definition);
  // The generator writes nothing but schemas.
  return { kinds, definitions: new Map(Object.entries(definitions)) as ReadonlyMap<string, Schema> };
}
