/** What a CustomResourceDefinition promises, as sorted lines: one for each name, column and property of its schema. */
import type { JsonSchema } from "#api/schema/dsl.ts";

export interface Crd {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly names: Readonly<Record<string, unknown>> & { readonly plural: string };
    readonly scope: string;
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: JsonSchema };
      readonly additionalPrinterColumns?: readonly JsonSchema[];
      readonly subresources?: unknown;
    }[];
  };
}

// Fields whose type is Kubernetes' own (or, for serviceMonitor, the Prometheus operator's): versions of those differ.
const FOREIGN = [
  "spec.pod",
  ".deployment.spec",
  "template.spec",
  "serviceTemplate.spec",
  "service.spec",
  "resourceQuota",
  "spec.resources",
  "serviceMonitor.spec",
  "template.endpoints",
  "template.ports",
];

/** `added`: paths (`.status.reason`), or values of an enum (`.status.phase=Gone`), to leave out. */
export function crdFacts({ metadata, spec }: Crd, added: readonly string[] = []): string[] {
  const [version] = spec.versions;
  const columns = (version?.additionalPrinterColumns ?? []).map(({ description: _d, ...column }, at) => {
    return `column ${at}: ${sorted(column)}`;
  });
  return [
    `names: ${sorted(spec.names)}`,
    `labels: ${sorted(metadata.labels ?? {})}`,
    `scope: ${spec.scope}, version: ${version?.name}, subresources: ${sorted(version?.subresources ?? {})}`,
    ...columns,
    ...schemaFacts(version?.schema.openAPIV3Schema, "", added).sort(),
  ];
}

function schemaFacts(schema: JsonSchema | undefined, path: string, added: readonly string[]): string[] {
  if (schema === undefined) return [];
  if (FOREIGN.some((end) => path.endsWith(end))) return [`${path}: foreign`];
  const { properties, items, additionalProperties, description: _d, ...own } = schema as JsonSchema & Branches;
  return [
    `${path}: ${sorted(withoutValues(own, path, added))}`,
    ...Object.entries(properties ?? {})
      .map(([name, field]) => [`${path}.${name}`, field] as const)
      .filter(([at]) => !added.includes(at))
      .flatMap(([at, field]) => schemaFacts(field, at, added)),
    ...schemaFacts(items, `${path}[]`, added),
    ...(typeof additionalProperties === "object"
      ? schemaFacts(additionalProperties, `${path}{}`, added)
      : additionalProperties === undefined
        ? []
        : [`${path}{}: ${additionalProperties}`]),
  ];
}

function withoutValues(own: JsonSchema, path: string, added: readonly string[]): JsonSchema {
  const { enum: values } = own as { enum?: readonly unknown[] };
  return values === undefined ? own : { ...own, enum: values.filter((value) => !added.includes(`${path}=${value}`)) };
}

interface Branches {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

/** JSON with the keys of every object in order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
