/** The CustomResourceDefinition of a kind. Kubernetes: apiextensions/v1; upstream's manifests are made by controller-gen */
import { formatGroupResource } from "#machinery/gvk.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { quantity } from "./common.ts";
import type { JsonSchema } from "./dsl.ts";
import type { Kind } from "./kind.ts";

/** Schemas of Kubernetes' own types by definition name; they refer to each other by `$ref`. */
export type Definitions = Readonly<Record<string, JsonSchema>>;

// Of the OpenAPI of built-in types, what a structural schema may not or need not carry.
const DROPPED = new Set([
  "x-kubernetes-patch-strategy",
  "x-kubernetes-patch-merge-key",
  "x-kubernetes-protobuf",
  "x-kubernetes-group-version-kind",
  "description",
  "goType",
  "wire",
]);

export function forgeCrd(kind: Omit<Kind, "_object">, definitions: Definitions): UnstructuredObject {
  const { crd, group, version, plural } = kind;
  const columns = crd.columns.map(({ name, type, jsonPath, priority }) => ({
    name,
    type,
    jsonPath,
    ...(priority !== undefined && { priority }),
  }));
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: formatGroupResource({ group, plural }),
      ...(Object.keys(crd.labels).length > 0 && { labels: { ...crd.labels } }),
    },
    spec: {
      group,
      names: {
        categories: ["liqo"],
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        ...(crd.shortNames.length > 0 && { shortNames: crd.shortNames }),
        singular: crd.singular,
      },
      scope: crd.scope,
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(columns.length > 0 && { additionalPrinterColumns: columns }),
          schema: { openAPIV3Schema: resolve(crd.schema, definitions) },
          ...(crd.subresources !== undefined && { subresources: crd.subresources === "status" ? { status: {} } : {} }),
        },
      ],
    },
  };
}

type Parts = {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
} & JsonSchema;

/** Puts the built-in types in place and leaves a structural schema. */
function resolve(schema: JsonSchema, definitions: Definitions): JsonSchema {
  const builtin = schema["$builtin"];
  if (typeof builtin === "string") {
    const known = resolve(definition(`io.k8s.api.${builtin.replace("/", ".")}`, definitions), definitions);
    return schema["$open"] === true ? opened(known) : known;
  }
  const reference = schema["$ref"];
  if (typeof reference === "string") {
    const { $ref: _ref, ...rest } = schema;
    return {
      ...resolve(definition(reference.replace(/^.*\//, ""), definitions), definitions),
      ...withoutDropped(rest),
    };
  }
  if (schema["format"] === "quantity") return quantity.json;
  if (schema["x-kubernetes-int-or-string"] === true)
    return { ...schema, anyOf: [{ type: "integer" }, { type: "string" }] };
  const { properties, items, additionalProperties, ...rest } = schema as Parts;
  return {
    ...withoutDropped(rest),
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, field]) => [name, resolve(field, definitions)]),
      ),
    }),
    ...(items !== undefined && { items: withKeys(resolve(items, definitions), rest["x-kubernetes-list-map-keys"]) }),
    ...(typeof additionalProperties === "object" && {
      additionalProperties: resolve(additionalProperties, definitions),
    }),
  };
}

/** With unknown fields kept wherever fields are named. */
function opened(schema: JsonSchema): JsonSchema {
  const { properties, items, additionalProperties } = schema as Parts;
  return {
    ...schema,
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, opened(field)])),
      "x-kubernetes-preserve-unknown-fields": true,
    }),
    ...(items !== undefined && { items: opened(items) }),
    ...(typeof additionalProperties === "object" && { additionalProperties: opened(additionalProperties) }),
  };
}

/** The keys of a list of type map must be required or have a default. */
function withKeys(item: JsonSchema, keys: unknown): JsonSchema {
  if (!Array.isArray(keys)) return item;
  const fields = (item["properties"] ?? {}) as Record<string, JsonSchema>;
  const needed = keys.filter((key: string) => fields[key]?.["default"] === undefined);
  const before = Array.isArray(item["required"]) ? (item["required"] as string[]) : [];
  return { ...item, required: [...new Set([...before, ...needed])].sort() };
}

function withoutDropped(schema: JsonSchema): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !DROPPED.has(keyword)));
}

function definition(name: string, definitions: Definitions): JsonSchema {
  const found = definitions[name];
  if (found === undefined) throw new Error(`generate CRD: Kubernetes has no type ${name}`);
  return found;
}
