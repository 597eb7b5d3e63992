/** Validation of definitions. Kubernetes: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go */
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1035Label, dns1123Subdomain } from "#machinery/names.ts";
import { jsonEquals, type Schema } from "#machinery/schema/schema.ts";
import type { CrdNames, CrdVersion, CustomResourceDefinition } from "./crd.ts";
import { checkRules } from "./rule-check.ts";

const SCOPES = ["Cluster", "Namespaced"];
const TYPES = ["array", "boolean", "integer", "number", "object", "string"];
const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];
const CASE = "may have mixed case, but should otherwise match: ";

export function validateCrd(crd: CustomResourceDefinition): FieldError[] {
  const { spec, metadata, status } = crd;
  const versions = spec?.versions ?? [];
  const name = metadata?.name ?? "";
  const errors: FieldError[] = [];
  if (name !== `${spec?.names?.plural ?? ""}.${spec?.group ?? ""}`)
    errors.push(invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
  errors.push(...validateGroup(spec?.group ?? ""), ...validateScope(spec?.scope ?? ""));
  // A schema that all versions share is shown as the definition's own.
  const isShared = versions.every(({ schema }) => jsonEquals(schema, versions[0]?.schema));
  errors.push(...validateVersions(versions, isShared));
  if (new Set(versions.map((version) => version.name)).size !== versions.length)
    errors.push(invalid("spec.versions", shownVersions(versions), "must contain unique version names"));
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const why = "must have exactly one version marked as storage version";
    errors.push(invalid("spec.versions", shownVersions(versions), why));
  }
  errors.push(...validateNames(spec?.names));
  const shared = isShared ? versions[0]?.schema?.openAPIV3Schema : undefined;
  if (shared !== undefined) errors.push(...validateRoot(shared, "spec.validation.openAPIV3Schema"));
  const { strategy = "None" } = spec?.conversion ?? {};
  if (strategy !== "None") errors.push(notSupported("spec.conversion.strategy", strategy, ["None"]));
  if ((status?.storedVersions ?? []).length === 0)
    errors.push(invalid("status.storedVersions", null, "must have at least one stored version"));
  return errors;
}

function validateGroup(group: string): FieldError[] {
  if (group === "") return [required("spec.group")];
  const problems = dns1123Subdomain(group);
  if (problems.length > 0) return [invalid("spec.group", group, problems.join(","))];
  return group.includes(".") ? [] : [invalid("spec.group", group, "should be a domain with at least one dot")];
}

function validateScope(scope: string): FieldError[] {
  if (scope === "") return [required("spec.scope")];
  return SCOPES.includes(scope) ? [] : [notSupported("spec.scope", scope, SCOPES)];
}

function validateVersions(versions: readonly CrdVersion[], isShared: boolean): FieldError[] {
  const missing = versions.flatMap(({ schema }, i) =>
    schema?.openAPIV3Schema === undefined ? [required(`spec.versions[${i}].schema.openAPIV3Schema`)] : [],
  );
  const errors = versions.flatMap((version, i) => {
    const at = `spec.versions[${i}]`;
    const problems = dns1035Label(version.name ?? "");
    const schema = isShared ? undefined : version.schema?.openAPIV3Schema;
    return [
      ...(problems.length === 0 ? [] : [invalid(`${at}.name`, version.name, problems.join(","))]),
      ...(schema === undefined ? [] : validateRoot(schema, `${at}.schema.openAPIV3Schema`)),
      ...validateColumns(version, at),
    ];
  });
  return [...missing, ...errors];
}

function validateColumns({ additionalPrinterColumns = [] }: CrdVersion, at: string): FieldError[] {
  return additionalPrinterColumns.flatMap(({ name, type, jsonPath }, i) => {
    const path = `${at}.additionalPrinterColumns[${i}]`;
    const errors = (name ?? "") === "" ? [required(`${path}.name`)] : [];
    if (!COLUMN_TYPES.includes(type))
      errors.push(invalid(`${path}.type`, type, `must be one of ${COLUMN_TYPES.join(",")}`));
    if ((jsonPath ?? "") === "") errors.push(required(`${path}.jsonPath`));
    return errors;
  });
}

function validateNames(names: CrdNames | undefined): FieldError[] {
  const { plural = "", singular = "", kind = "", listKind = "", shortNames = [], categories = [] } = names ?? {};
  const all = { plural, singular, kind, listKind };
  const errors = Object.entries(all)
    .filter(([, value]) => value === "")
    .map(([field]) => required(`spec.names.${field}`));
  for (const [field, value] of Object.entries(all)) {
    const isMixed = field === "kind" || field === "listKind";
    const problems = value === "" ? [] : dns1035Label(isMixed ? value.toLowerCase() : value);
    if (problems.length > 0)
      errors.push(invalid(`spec.names.${field}`, value, `${isMixed ? CASE : ""}${problems.join(",")}`));
  }
  for (const [field, values] of Object.entries({ shortNames, categories })) {
    for (const [i, value] of values.entries()) {
      const problems = dns1035Label(value);
      if (problems.length > 0) errors.push(invalid(`spec.names.${field}[${i}]`, value, problems.join(",")));
    }
  }
  if (kind !== "" && kind === listKind)
    errors.push(invalid("spec.names.listKind", listKind, "kind and listKind may not be the same"));
  return errors;
}

function validateRoot(schema: Schema, path: string): FieldError[] {
  const { type } = schema;
  const errors = validateSchemaTypes(schema, path, true);
  if (type !== undefined && type !== "object")
    errors.unshift(invalid(`${path}.type`, type, "must be object at the root"));
  if (type === undefined) errors.push(required(`${path}.type`, "must not be empty at the root"));
  return errors;
}

/** A structural schema says of each part what type it is. */
function validateSchemaTypes(schema: Schema, path: string, isRoot: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (schema.type !== undefined && !TYPES.includes(schema.type))
    errors.push(notSupported(`${path}.type`, schema.type, TYPES));
  const descend = (child: Schema, at: string, what: string): void => {
    errors.push(...validateSchemaTypes(child, at, false));
    if (!hasType(child)) errors.push(required(`${at}.type`, `must not be empty for specified ${what}`));
  };
  for (const [field, child] of Object.entries(schema.properties ?? {}))
    descend(child, `${path}.properties[${field}]`, "object fields");
  const { items, additionalProperties: rest } = schema;
  if (items !== undefined) descend(items, `${path}.items`, "array items");
  else if (schema.type === "array") errors.push(required(`${path}.items`, "must be specified"));
  if (typeof rest === "object") descend(rest, `${path}.additionalProperties`, "object fields");
  return errors.length > 0 ? errors : checkRules(schema, path, isRoot);
}

function hasType(schema: Schema): boolean {
  return (
    schema.type !== undefined ||
    schema["x-kubernetes-int-or-string"] === true ||
    schema["x-kubernetes-preserve-unknown-fields"] === true
  );
}

/** In the form of the internal type, which is what upstream shows. */
function shownVersions(versions: readonly CrdVersion[]): object[] | null {
  if (versions.length === 0) return null;
  return versions.map(({ name, served, storage, deprecated, deprecationWarning }) => ({
    Name: name,
    Served: served ?? false,
    Storage: storage ?? false,
    Deprecated: deprecated ?? false,
    DeprecationWarning: deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }));
}
