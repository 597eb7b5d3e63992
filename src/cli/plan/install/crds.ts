/** What of a CRD changes when liqoctl applies another version of it. Pure. */
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import { isJsonObject, type Schema } from "#machinery/schema/schema.ts";
import { fieldChanges } from "./fields.ts";

/** As server-side apply knows it. */
const MANAGER = "liqoctl";

export interface CrdChange {
  /** In words; empty: nothing changes. */
  readonly fields: readonly string[];
  /** Versions, and fields of objects, that are no more. */
  readonly gone: readonly string[];
}

export function crdChange(live: CustomResourceDefinition, after: CustomResourceDefinition): CrdChange {
  const [was, is] = [contentOf(live), contentOf(after)];
  const gone = isOurs(live) ? topmost([...was].filter((field) => !is.has(field))) : [];
  const come = topmost([...is].filter((field) => !was.has(field)));
  const told = [...come.map((field) => `${field} comes`), ...gone.map((field) => `${field} goes`)];
  const others = fieldChanges({ live, after, before: undefined }).filter(
    ({ path }) => !come.some((field) => isOf(path, field)),
  );
  return { fields: told.length > 0 || others.length === 0 ? told : ["how fields are checked or described"], gone };
}

/** `v1beta1` and `v1beta1 spec.cidr`. */
function contentOf({ spec }: CustomResourceDefinition): Set<string> {
  return new Set(
    spec.versions.flatMap(({ name, schema }) => [
      name,
      ...fieldsOf(schemaIn(schema?.openAPIV3Schema), "").map((field) => `${name} ${field}`),
    ]),
  );
}

/** Without what lies in others of them: those come first. */
function topmost(fields: readonly string[]): string[] {
  const found = new Set<string>();
  for (const field of fields) {
    const above = [...field.matchAll(/[ .]|\[\]|\{\}/g)].map(({ index }) => field.slice(0, index));
    if (!above.some((each) => found.has(each))) found.add(field);
  }
  return [...found];
}

function isOf(path: string, field: string): boolean {
  const [version = "", name] = field.split(" ");
  return path.includes(`versions[${version}]`) && (name === undefined || path.endsWith(`.${name.split(".").at(-1)}`));
}

function fieldsOf(schema: Schema | undefined, path: string): string[] {
  if (schema === undefined) return [];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, below]) => {
    const field = path === "" ? name : `${path}.${name}`;
    return [field, ...fieldsOf(below, field)];
  });
  return [
    ...own,
    ...fieldsOf(schemaIn(schema.items), `${path}[]`),
    ...fieldsOf(schemaIn(schema.additionalProperties), `${path}{}`),
  ];
}

function schemaIn(value: unknown): Schema | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** What somebody else has applied, too, stays. */
function isOurs({ metadata }: CustomResourceDefinition): boolean {
  const managers = (metadata?.managedFields ?? []).filter(({ fieldsV1 }) => "f:spec" in (fieldsV1 ?? {}));
  return managers.length > 0 && managers.every(({ manager }) => manager === MANAGER);
}

/** Paths of the fields that the API server lets nobody change, such as `spec.cidr`. */
export function immutableFields({ spec }: CustomResourceDefinition): string[] {
  return spec.versions.flatMap(({ schema }) => immutableIn(schemaIn(schema?.openAPIV3Schema), ""));
}

function immutableIn(schema: Schema | undefined, path: string): string[] {
  if (schema === undefined) return [];
  const rules = schema["x-kubernetes-validations"] ?? [];
  return [
    ...(rules.some(({ rule }) => rule === "self == oldSelf") ? [path] : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, below]) =>
      immutableIn(below, path === "" ? name : `${path}.${name}`),
    ),
  ];
}
