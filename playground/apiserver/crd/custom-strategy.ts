/**
 * The strategy of one served version of a custom resource, made from its definition.
 * Kubernetes: apiextensions-apiserver/pkg/registry/customresource/{strategy,validator,tableconvertor}
 */
import type { FieldError } from "#machinery/field-error.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { applyDefaults, hasDefaults, withDefaults } from "#machinery/schema/defaults.ts";
import { RuleChecker } from "#machinery/schema/rules.ts";
import { isJsonObject, type Schema } from "#machinery/schema/schema.ts";
import { validateSchema } from "#machinery/schema/validate.ts";
import type { ServedResource } from "../registry.ts";
import type { AnyStrategy, Cell, TableColumns } from "../strategy.ts";
import { humanDuration } from "../table/duration.ts";
import { ageOf } from "../table/table.ts";
import type { CrdVersion, CustomResourceDefinition, PrinterColumn } from "./crd.ts";
import { compileJsonPath } from "./json-path.ts";
import { validateScale } from "./scale.ts";

const AGE: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "CreationTimestamp is the server time when this object was created.",
};

export function customResource(
  crd: CustomResourceDefinition,
  version: CrdVersion,
  objectMeta: Schema | undefined,
): ServedResource {
  const own: Schema = version.schema?.openAPIV3Schema ?? {
    type: "object",
    "x-kubernetes-preserve-unknown-fields": true,
  };
  const schema: Schema = {
    ...own,
    properties: {
      ...own.properties,
      apiVersion: { type: "string" },
      kind: { type: "string" },
      ...(objectMeta !== undefined && { metadata: objectMeta }),
    },
  };
  const storageVersion = crd.spec.versions.find(({ storage }) => storage)?.name ?? version.name;
  return { strategy: forgeStrategy(crd, version, own), schema: () => schema, custom: true, storageVersion };
}

function forgeStrategy(crd: CustomResourceDefinition, version: CrdVersion, schema: Schema): AnyStrategy {
  const { group, names, scope } = crd.spec;
  const check = objectChecker(version, schema);
  const status = version.subresources?.status !== undefined;
  const warning = version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`;
  return {
    resource: {
      group,
      version: version.name,
      plural: names.plural,
      kind: names.kind,
      namespaced: scope === "Namespaced",
    },
    singular: names.singular ?? names.kind.toLowerCase(),
    ...(names.shortNames !== undefined && { shortNames: names.shortNames }),
    ...(names.categories !== undefined && { categories: names.categories }),
    status,
    generation: true,
    ...(version.subresources?.scale !== undefined && { scale: version.subresources.scale }),
    setDefaults: (object) => applyDefaults(object, schema),
    ...(hasDefaults(schema) && { fillStored: defaulter(schema) }),
    validate: (object) => check(object, undefined),
    validateUpdate: check,
    validateStatusUpdate: objectChecker(version, schema, validateStatus),
    fieldLabels: fieldLabels(version),
    table: tableOf(version),
    ...(version.deprecated === true && { warnings: () => [warning] }),
  };
}

/** Most objects are read many times and lack nothing: those are looked through once. */
function defaulter(schema: Schema): (object: KubeObject) => KubeObject {
  const complete = new WeakSet<KubeObject>();
  return (object) => {
    if (complete.has(object)) return object;
    const filled = withDefaults(object, schema);
    if (filled === object) complete.add(object);
    return filled;
  };
}

type Check = (object: KubeObject, previous: KubeObject | undefined) => FieldError[];

/** Reasons after which upstream does not look at the rules. */
const BLOCKING = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);
const UNCHECKED: FieldError = {
  reason: "FieldValueInvalid",
  field: "<nil>",
  message:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
};

type Content = Readonly<Record<string, unknown>>;

/** Of a write of the status nothing else is looked at, and messages begin below it. */
function validateStatus({ status }: Content, { properties }: Schema): FieldError[] {
  const schema = properties?.["status"];
  if (status === undefined || schema === undefined) return [];
  return validateSchema(status, schema).map((error) => ({
    ...error,
    field: error.field === "" ? "status" : `status.${error.field}`,
  }));
}

function objectChecker(
  version: CrdVersion,
  schema: Schema,
  validate: (content: Content, schema: Schema) => FieldError[] = validateSchema,
): Check {
  const rules = new RuleChecker(schema);
  const hasRules = JSON.stringify(schema).includes('"x-kubernetes-validations"');
  return (object, previous) => {
    const { metadata: _metadata, ...content } = object as KubeObject & Record<string, unknown>;
    const errors = [...validate(content, schema).map(withTypeReason), ...validateScale(content, version)];
    if (!hasRules) return errors;
    // Rules assume the types of the schema.
    if (errors.some(({ reason }) => BLOCKING.has(reason))) return [...errors, UNCHECKED];
    return [...errors, ...rules.check(object, previous)];
  };
}

/** A text of another format is of another type. */
function withTypeReason(error: FieldError): FieldError {
  return / in body must be of type /.test(error.message) ? { ...error, reason: "FieldValueTypeInvalid" } : error;
}

function fieldLabels(version: CrdVersion): Record<string, (object: KubeObject) => string> {
  const labels: Record<string, (object: KubeObject) => string> = {};
  for (const { jsonPath } of version.selectableFields ?? []) {
    const read = compileJsonPath(jsonPath);
    labels[jsonPath.replace(/^\./, "")] = (object) => String(read(object)[0] ?? "");
  }
  return labels;
}

function tableOf(version: CrdVersion): TableColumns<KubeObject> {
  const columns = version.additionalPrinterColumns ?? [AGE];
  const readers = columns.map((column) => ({ column, read: compileJsonPath(column.jsonPath) }));
  return {
    columns: [
      { name: "Name", type: "string", format: "name", description: "Name must be unique within a namespace." },
      ...columns.map(({ name, type, format = "", description = "", priority = 0 }) => ({
        name,
        type,
        format,
        description,
        priority,
      })),
    ],
    cells: (object, nowMs) => [
      object.metadata?.name ?? "",
      ...readers.map(({ column, read }) => {
        if (column.jsonPath === AGE.jsonPath) return ageOf(object, nowMs);
        return cellOf(column, read(object)[0], nowMs);
      }),
    ],
  };
}

function cellOf(column: PrinterColumn, value: unknown, nowMs: number): Cell {
  if (value === undefined || value === null) return null;
  switch (column.type) {
    case "integer":
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? humanDuration(nowMs - Date.parse(value)) : null;
    default:
      return isJsonObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
  }
}
