/** docs/reference/crds.md: Liqo's kinds and their fields, from the schemas that the CRDs are made of. */
import { allKinds } from "#api/all.ts";
import { nodeSelector } from "#api/offloading/selector.ts";
import { objectReference } from "#api/schema/common.ts";
import type { JsonSchema } from "#api/schema/dsl.ts";
import { FIELDS } from "./fields.ts";

type AnyKind = (typeof allKinds)[number];

/** Shapes of Kubernetes' that everybody knows: named, not taken apart. */
const SHAPES = new Map<unknown, string>([
  [objectReference.json, "`core/v1.ObjectReference`"],
  [nodeSelector.json, "`core/v1.NodeSelector`"],
]);

export function formatCrds(): string {
  const groups = [...new Set(allKinds.map(({ group }) => group))].sort();
  return [
    "# Kinds",
    "<!-- Written by `node scripts/reference-docs.ts`: change `src/api`, then run it. -->",
    `Liqo's ${allKinds.length} kinds, by group, with all fields. \`x[]\` is a list, \`x{}\` a map by name. A type such as \`core/v1.PodSpec\` is Kubernetes' own. \`kubectl get liqo -A\` lists all objects of these kinds.`,
    groups
      .flatMap((group) => ofGroup(group).map(({ kind }) => `- [${kind}](#${kind.toLowerCase()}) (\`${group}\`)`))
      .join("\n"),
    ...groups.flatMap((group) => ofGroup(group).map(section)),
  ]
    .join("\n\n")
    .concat("\n");
}

function ofGroup(group: string): AnyKind[] {
  return allKinds.filter((kind) => kind.group === group).sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

function section({ kind, group, version, plural, crd }: AnyKind): string {
  const { spec, status } = propertiesOf(crd.schema);
  const names = crd.shortNames.map((name) => `\`${name}\``).join(", ");
  const fields = [...(spec ? fieldsOf(spec, "spec") : []), ...(status ? fieldsOf(status, "status") : [])];
  const lines = fields.map(({ path, text }) => {
    const meaning = FIELDS[kind]?.[path];
    return `- \`${path}\`: ${meaning === undefined ? text : `${meaning} (${text})`}`;
  });
  return [
    `## ${kind}`,
    String(crd.schema["description"]),
    [
      `- API: \`${group}/${version}\`, \`${plural}\`, ${crd.scope === "Cluster" ? "cluster-wide" : "in a namespace"}`,
      ...(names === "" ? [] : [`- Short names: ${names}`]),
    ].join("\n"),
    "Fields:",
    lines.join("\n"),
  ].join("\n\n");
}

interface Field {
  readonly path: string;
  readonly text: string;
}

/** A line for each field below this one; of objects that are not empty only their fields. */
function fieldsOf(schema: JsonSchema, path: string, isRequired = false): Field[] {
  const { items, additionalProperties } = schema as { items?: JsonSchema; additionalProperties?: JsonSchema };
  if (items !== undefined && isNested(items)) return fieldsOf(items, `${path}[]`);
  if (additionalProperties !== undefined && isNested(additionalProperties))
    return fieldsOf(additionalProperties, `${path}{}`);
  const properties = propertiesOf(schema);
  if (SHAPES.has(schema) || Object.keys(properties).length === 0) return [{ path, text: describe(schema, isRequired) }];
  const needed = (schema["required"] ?? []) as readonly string[];
  return [
    ...rulesOf(schema).map((text) => ({ path, text })),
    ...Object.entries(properties).flatMap(([name, field]) => fieldsOf(field, `${path}.${name}`, needed.includes(name))),
  ];
}

function isNested(schema: JsonSchema): boolean {
  return Object.keys(propertiesOf(schema)).length > 0 || schema["items"] !== undefined;
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  return (schema["properties"] ?? {}) as Record<string, JsonSchema>;
}

function describe(schema: JsonSchema, isRequired: boolean): string {
  const { enum: values, default: initial, minimum, maximum, maxItems } = schema;
  return [
    SHAPES.get(schema) ?? typeOf(schema),
    ...(isRequired ? ["required"] : []),
    ...(Array.isArray(values) ? [`one of ${values.map((value) => `\`${value}\``).join(", ")}`] : []),
    ...(initial === undefined || initial === "" ? [] : [`default \`${JSON.stringify(initial).replaceAll('"', "")}\``]),
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(maxItems === undefined ? [] : [`at most ${maxItems} of them`]),
    ...(typeof schema["description"] === "string" ? [schema["description"]] : []),
    ...rulesOf(schema),
  ].join("; ");
}

function typeOf(schema: JsonSchema): string {
  const { items, additionalProperties, type, format } = schema as {
    items?: JsonSchema;
    additionalProperties?: JsonSchema;
    type?: string;
    format?: string;
  };
  if (typeof schema["$builtin"] === "string") return `\`${schema["$builtin"]}\``;
  if (items !== undefined) return `list of ${typeOf(items)}`;
  if (additionalProperties !== undefined) return `map to ${typeOf(additionalProperties)}`;
  // The one int-or-string with so long a pattern is the quantity.
  if (schema["x-kubernetes-int-or-string"] === true) return schema["pattern"] ? "quantity" : "integer or string";
  if (schema["x-kubernetes-preserve-unknown-fields"] === true) return "any object";
  return format === undefined ? (type ?? "anything") : `${type} (${format})`;
}

function rulesOf(schema: JsonSchema): string[] {
  const rules = (schema["x-kubernetes-validations"] ?? []) as readonly { message: string }[];
  return rules.map(({ message }) => message);
}
