/**
 * CustomResourceDefinitions in Kubernetes' protobuf encoding: the generated client of Go sends them so, whatever its user
 * asks for. The types are those of shape.ts, with their field numbers.
 * Kubernetes: apiextensions-apiserver/pkg/apis/apiextensions/v1/generated.proto, marshal.go
 */
import type { Schema, WireField } from "#machinery/schema/schema.ts";
import { crdShape } from "./shape.ts";

/** By Go type, names by field number from 1 on; `-`: none of that number; `*`: a pointer in Go, present even when it is zero. */
const FIELDS: Readonly<Record<string, string>> = {
  CustomResourceDefinition: "metadata spec status",
  CustomResourceDefinitionSpec: "group - names scope - - versions - conversion* preserveUnknownFields",
  CustomResourceDefinitionNames: "plural singular shortNames kind listKind categories",
  // Go writes `served` and `storage` also when they are false, and validation wants to see them.
  CustomResourceDefinitionVersion:
    "name served* storage* schema* subresources* additionalPrinterColumns deprecated deprecationWarning* selectableFields",
  CustomResourceValidation: "openAPIV3Schema*",
  CustomResourceSubresources: "status* scale*",
  CustomResourceSubresourceStatus: "-",
  CustomResourceSubresourceScale: "specReplicasPath statusReplicasPath labelSelectorPath*",
  CustomResourceColumnDefinition: "name type format description priority jsonPath",
  SelectableField: "jsonPath",
  CustomResourceConversion: "strategy webhook*",
  WebhookConversion: "- clientConfig* conversionReviewVersions",
  WebhookClientConfig: "service* caBundle url*",
  ServiceReference: "namespace name path* port*",
  CustomResourceDefinitionStatus: "conditions acceptedNames storedVersions",
  CustomResourceDefinitionCondition: "type status lastTransitionTime reason message",
  ValidationRule: "rule message messageExpression reason* fieldPath optionalOldSelf*",
  ExternalDocumentation: "description url",
  JSONSchemaProps: [
    "id $schema $ref* description type format title default* maximum* exclusiveMaximum minimum* exclusiveMinimum",
    "maxLength* minLength* pattern maxItems* minItems* uniqueItems multipleOf* enum maxProperties* minProperties*",
    "required items* allOf oneOf anyOf not* properties additionalProperties* patternProperties dependencies",
    "additionalItems* definitions externalDocs* example* nullable x-kubernetes-preserve-unknown-fields*",
    "x-kubernetes-embedded-resource x-kubernetes-int-or-string x-kubernetes-list-map-keys x-kubernetes-list-type*",
    "x-kubernetes-map-type* x-kubernetes-validations",
  ].join(" "),
  JSONSchemaPropsOrArray: "schema* jSONSchemas",
  JSONSchemaPropsOrBool: "allows* schema*",
  JSONSchemaPropsOrStringArray: "schema* property",
};

const text: Schema = { type: "string" };
/** Any JSON, as text. */
const json: Schema = {};

/** `metadata`: the schema of ObjectMeta, which all kinds share. */
export function crdWire(metadata: Schema): Schema {
  return onWire(crdShape, { metadata, known: new Map() });
}

interface Types {
  readonly metadata: Schema;
  /** A schema refers to itself. */
  readonly known: Map<Schema, Schema>;
}

function onWire(shape: Schema, types: Types): Schema {
  const { goType, type, items, additionalProperties } = shape;
  if (goType === "ObjectMeta") return types.metadata;
  if (type === "array") return { ...shape, items: onWire(items ?? {}, types) };
  if (typeof additionalProperties === "object")
    return { ...shape, additionalProperties: onWire(additionalProperties, types) };
  const fields = goType === undefined ? undefined : FIELDS[goType];
  if (goType === undefined || fields === undefined) return shape;
  const found = types.known.get(shape);
  if (found !== undefined) return found;
  const properties: Record<string, Schema> = {};
  const message: Schema = { type: "object", goType, wire: numbered(fields), properties };
  types.known.set(shape, message);
  for (const [name, property] of Object.entries({ ...shape.properties, ...wireOverrides(goType, shape) }))
    properties[name] = onWire(property, types);
  return goType.startsWith("JSONSchemaPropsOr") ? Object.assign(message, { wireChoice: true }) : message;
}

/** What JSON has in another form, or what shape.ts leaves open. */
function wireOverrides(goType: string, shape: Schema): Readonly<Record<string, Schema>> {
  if (goType === "WebhookClientConfig") return { caBundle: { type: "string", format: "byte" } };
  if (goType === "ValidationRule") return { optionalOldSelf: { type: "boolean" } };
  if (goType !== "JSONSchemaProps") return {};
  const orBool = struct("JSONSchemaPropsOrBool", { allows: { type: "boolean" }, schema: shape });
  return {
    default: json,
    example: json,
    externalDocs: struct("ExternalDocumentation", { description: text, url: text }),
    items: struct("JSONSchemaPropsOrArray", { schema: shape, jSONSchemas: { type: "array", items: shape } }),
    additionalProperties: orBool,
    additionalItems: orBool,
    dependencies: {
      type: "object",
      additionalProperties: struct("JSONSchemaPropsOrStringArray", {
        schema: shape,
        property: { type: "array", items: text },
      }),
    },
  };
}

function struct(goType: string, properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", goType, properties };
}

function numbered(names: string): Record<string, WireField> {
  return Object.fromEntries(
    names.split(" ").flatMap((word, index): [string, WireField][] => {
      const name = word.replace("*", "");
      return word === "-" ? [] : [[String(index + 1), { name, ...(name !== word && { pointer: true as const }) }]];
    }),
  );
}
