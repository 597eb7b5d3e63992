/**
 * The Go types of a CustomResourceDefinition, so that values of a wrong type are refused as such: no OpenAPI document
 * describes the kind that describes kinds. Unknown fields are kept.
 * Kubernetes: apiextensions-apiserver/pkg/apis/apiextensions/v1/{types,types_jsonschema}.go, apimachinery/pkg/apis/meta/v1/types.go
 */
import type { Schema } from "#machinery/schema/schema.ts";

const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const time: Schema = { type: "string", format: "date-time" };
const number: Schema = { type: "number" };
const int64: Schema = { type: "integer", format: "int64" };
const int32: Schema = { type: "integer", format: "int32" };

function struct(goType: string, properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", goType, properties };
}

function list(items: Schema): Schema {
  return { type: "array", items };
}

function mapOf(additionalProperties: Schema): Schema {
  return { type: "object", additionalProperties };
}

const metadata = struct("ObjectMeta", {
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: int64,
  creationTimestamp: time,
  deletionTimestamp: time,
  deletionGracePeriodSeconds: int64,
  labels: mapOf(text),
  annotations: mapOf(text),
  finalizers: list(text),
  ownerReferences: list(
    struct("OwnerReference", {
      apiVersion: text,
      kind: text,
      name: text,
      uid: text,
      controller: flag,
      blockOwnerDeletion: flag,
    }),
  ),
  managedFields: list(
    struct("ManagedFieldsEntry", {
      manager: text,
      operation: text,
      apiVersion: text,
      time,
      fieldsType: text,
      fieldsV1: {},
      subresource: text,
    }),
  ),
});

/** Refers to itself, by way of the getters. `items` and `additionalProperties` may be other things than schemas. */
const schemaProps: Schema = struct("JSONSchemaProps", {
  ...Object.fromEntries(["id", "$schema", "$ref", "description", "type", "format", "title", "pattern"].map(textField)),
  maximum: number,
  minimum: number,
  multipleOf: number,
  ...Object.fromEntries(
    ["maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"].map((name) => [name, int64]),
  ),
  ...Object.fromEntries(
    [
      "exclusiveMaximum",
      "exclusiveMinimum",
      "uniqueItems",
      "nullable",
      "x-kubernetes-preserve-unknown-fields",
      "x-kubernetes-embedded-resource",
      "x-kubernetes-int-or-string",
    ].map((name) => [name, flag]),
  ),
  enum: list({}),
  required: list(text),
  get allOf() {
    return list(schemaProps);
  },
  get oneOf() {
    return list(schemaProps);
  },
  get anyOf() {
    return list(schemaProps);
  },
  get not() {
    return schemaProps;
  },
  get items() {
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
  "x-kubernetes-list-type": text,
  "x-kubernetes-map-type": text,
  "x-kubernetes-list-map-keys": list(text),
  "x-kubernetes-validations": list(
    struct("ValidationRule", {
      rule: text,
      message: text,
      messageExpression: text,
      reason: text,
      fieldPath: text,
      optionalOldSelf: flag,
    }),
  ),
});

const names = struct("CustomResourceDefinitionNames", {
  plural: text,
  singular: text,
  shortNames: list(text),
  kind: text,
  listKind: text,
  categories: list(text),
});

const version = struct("CustomResourceDefinitionVersion", {
  name: text,
  served: flag,
  storage: flag,
  deprecated: flag,
  deprecationWarning: text,
  schema: struct("CustomResourceValidation", { openAPIV3Schema: schemaProps }),
  subresources: struct("CustomResourceSubresources", {
    status: struct("CustomResourceSubresourceStatus", {}),
    scale: struct("CustomResourceSubresourceScale", {
      specReplicasPath: text,
      statusReplicasPath: text,
      labelSelectorPath: text,
    }),
  }),
  additionalPrinterColumns: list(
    struct("CustomResourceColumnDefinition", {
      name: text,
      type: text,
      format: text,
      description: text,
      priority: int32,
      jsonPath: text,
    }),
  ),
  selectableFields: list(struct("SelectableField", { jsonPath: text })),
});

const webhook = struct("WebhookConversion", {
  clientConfig: struct("WebhookClientConfig", {
    url: text,
    service: struct("ServiceReference", { namespace: text, name: text, path: text, port: int32 }),
    caBundle: text,
  }),
  conversionReviewVersions: list(text),
});

export const crdShape: Schema = struct("CustomResourceDefinition", {
  apiVersion: text,
  kind: text,
  metadata,
  spec: struct("CustomResourceDefinitionSpec", {
    group: text,
    names,
    scope: text,
    versions: list(version),
    conversion: struct("CustomResourceConversion", { strategy: text, webhook }),
    preserveUnknownFields: flag,
  }),
  status: struct("CustomResourceDefinitionStatus", {
    conditions: list(
      struct("CustomResourceDefinitionCondition", {
        type: text,
        status: text,
        lastTransitionTime: time,
        reason: text,
        message: text,
      }),
    ),
    acceptedNames: names,
    storedVersions: list(text),
  }),
});

function textField(name: string): [string, Schema] {
  return [name, text];
}
