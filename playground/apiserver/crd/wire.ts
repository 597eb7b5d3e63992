/**
 * CustomResourceDefinitions in Kubernetes' protobuf encoding: the generated client of Go sends them so, whatever its user
 * asks for. Kubernetes: apiextensions-apiserver/pkg/apis/apiextensions/v1/generated.proto, marshal.go
 */
import type { Schema, WireField } from "#machinery/schema/schema.ts";

const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const double: Schema = { type: "number" };
const integer: Schema = { type: "integer" };
const texts: Schema = { type: "array", items: text };
/** Any JSON, as text. */
const json: Schema = {};

/** Names by field number from 1 on; `-`: none of that number; `*`: a pointer in Go, present even when it is zero. */
function numbered(names: string): Record<string, WireField> {
  return Object.fromEntries(
    names.split(" ").flatMap((word, index): [string, WireField][] => {
      const name = word.replace("*", "");
      return word === "-" ? [] : [[String(index + 1), { name, ...(name !== word && { pointer: true as const }) }]];
    }),
  );
}

function message(names: string, properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", wire: numbered(names), properties };
}

function listOf(items: Schema): Schema {
  return { type: "array", items };
}

/** One of two, of which the later counts: a schema or a list, a flag or a schema. */
function choice(names: string, properties: Readonly<Record<string, Schema>>): Schema {
  return { ...message(names, properties), wireChoice: true };
}

const rule = message("rule message messageExpression reason* fieldPath optionalOldSelf*", {
  rule: text,
  message: text,
  messageExpression: text,
  reason: text,
  fieldPath: text,
  optionalOldSelf: flag,
});

const TEXTS = ["id", "$schema", "$ref", "description", "type", "format", "title", "pattern"];
const DOUBLES = ["maximum", "minimum", "multipleOf"];
const INTEGERS = ["maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"];
const FLAGS = ["exclusiveMaximum", "exclusiveMinimum", "uniqueItems", "nullable"];
const EXTENDED_FLAGS = ["preserve-unknown-fields", "embedded-resource", "int-or-string"];

/** Contains itself, by way of the getters. */
const schemaProps: Schema = {
  type: "object",
  wire: numbered(
    [
      "id $schema $ref* description type format title default* maximum* exclusiveMaximum minimum* exclusiveMinimum",
      "maxLength* minLength* pattern maxItems* minItems* uniqueItems multipleOf* enum maxProperties* minProperties*",
      "required items* allOf oneOf anyOf not* properties additionalProperties* patternProperties dependencies",
      "additionalItems* definitions externalDocs* example* nullable x-kubernetes-preserve-unknown-fields*",
      "x-kubernetes-embedded-resource x-kubernetes-int-or-string x-kubernetes-list-map-keys x-kubernetes-list-type*",
      "x-kubernetes-map-type* x-kubernetes-validations",
    ].join(" "),
  ),
  properties: {
    ...of(TEXTS, text),
    ...of(DOUBLES, double),
    ...of(INTEGERS, integer),
    ...of(FLAGS, flag),
    ...of(
      EXTENDED_FLAGS.map((name) => `x-kubernetes-${name}`),
      flag,
    ),
    default: json,
    example: json,
    enum: listOf(json),
    required: texts,
    externalDocs: message("description url", { description: text, url: text }),
    "x-kubernetes-list-map-keys": texts,
    "x-kubernetes-list-type": text,
    "x-kubernetes-map-type": text,
    "x-kubernetes-validations": listOf(rule),
    get items() {
      return choice("schema* jSONSchemas", { schema: schemaProps, jSONSchemas: listOf(schemaProps) });
    },
    get allOf() {
      return listOf(schemaProps);
    },
    get oneOf() {
      return listOf(schemaProps);
    },
    get anyOf() {
      return listOf(schemaProps);
    },
    get not() {
      return schemaProps;
    },
    get properties() {
      return mapOf(schemaProps);
    },
    get patternProperties() {
      return mapOf(schemaProps);
    },
    get definitions() {
      return mapOf(schemaProps);
    },
    get additionalProperties() {
      return choice("allows* schema*", { allows: flag, schema: schemaProps });
    },
    get additionalItems() {
      return choice("allows* schema*", { allows: flag, schema: schemaProps });
    },
    get dependencies() {
      return mapOf(choice("schema* property", { schema: schemaProps, property: texts }));
    },
  },
};

const names = message("plural singular shortNames kind listKind categories", {
  plural: text,
  singular: text,
  shortNames: texts,
  kind: text,
  listKind: text,
  categories: texts,
});

const version = message(
  "name served* storage* schema* subresources* additionalPrinterColumns deprecated deprecationWarning* selectableFields",
  {
    name: text,
    // Go writes these two also when they are false, and validation wants to see them.
    served: flag,
    storage: flag,
    deprecated: flag,
    deprecationWarning: text,
    schema: message("openAPIV3Schema*", { openAPIV3Schema: schemaProps }),
    subresources: message("status* scale*", {
      status: message("-", {}),
      scale: message("specReplicasPath statusReplicasPath labelSelectorPath*", {
        specReplicasPath: text,
        statusReplicasPath: text,
        labelSelectorPath: text,
      }),
    }),
    additionalPrinterColumns: listOf(
      message("name type format description priority jsonPath", {
        name: text,
        type: text,
        format: text,
        description: text,
        priority: integer,
        jsonPath: text,
      }),
    ),
    selectableFields: listOf(message("jsonPath", { jsonPath: text })),
  },
);

const service = message("namespace name path* port*", { namespace: text, name: text, path: text, port: integer });
const webhook = message("- clientConfig* conversionReviewVersions", {
  clientConfig: message("service* caBundle url*", { service, caBundle: { type: "string", format: "byte" }, url: text }),
  conversionReviewVersions: texts,
});

const time: Schema = { type: "string", format: "date-time" };
const condition = message("type status lastTransitionTime reason message", {
  type: text,
  status: text,
  lastTransitionTime: time,
  reason: text,
  message: text,
});

/** `metadata`: the schema of ObjectMeta, which all kinds share. */
export function crdWire(metadata: Schema): Schema {
  return message("metadata spec status", {
    metadata,
    spec: message("group - names scope - - versions - conversion* preserveUnknownFields", {
      group: text,
      names,
      scope: text,
      versions: listOf(version),
      conversion: message("strategy webhook*", { strategy: text, webhook }),
      preserveUnknownFields: flag,
    }),
    status: message("conditions acceptedNames storedVersions", {
      conditions: listOf(condition),
      acceptedNames: names,
      storedVersions: texts,
    }),
  });
}

function mapOf(additionalProperties: Schema): Schema {
  return { type: "object", additionalProperties };
}

function of(fields: readonly string[], schema: Schema): Record<string, Schema> {
  return Object.fromEntries(fields.map((field) => [field, schema]));
}
