/**
 * Our CRDs against upstream's manifests: names, scope, columns, subresources and the schema of everything that Liqo
 * itself defines. Inside Kubernetes' own types the versions differ, so there only the shape down to them is compared.
 * Skipped, saying so, where upstream's manifests are missing.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { allKinds } from "./all.ts";
import { type Definitions, forgeCrd } from "./schema/crd.ts";
import type { JsonSchema } from "./schema/dsl.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const UPSTREAM = join(ROOT, "../shared/data/liqo-crds");
const SCHEMAS = join(ROOT, ".build/openapi/schemas.json");
const skip = existsSync(UPSTREAM) && existsSync(SCHEMAS) ? false : `no upstream manifests in ${UPSTREAM}`;

// Fields whose type is Kubernetes' own (or, for serviceMonitor, the Prometheus operator's).
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

/** What is ours and not upstream's, by plural: optional fields that an upstream peer neither writes nor reads. */
const ADDED: Readonly<Record<string, readonly string[]>> = { shadowpods: [".status.reason", ".status.message"] };

interface Crd {
  spec: {
    names: { shortNames?: string[]; plural: string };
    scope: string;
    versions: {
      name: string;
      schema: { openAPIV3Schema: JsonSchema };
      additionalPrinterColumns?: JsonSchema[];
      subresources?: unknown;
    }[];
  };
  metadata: { labels?: Record<string, string> };
}

for (const file of skip === false ? readdirSync(UPSTREAM) : ["all kinds"]) {
  test(`${file} equals upstream's`, { skip }, () => {
    const theirs = parse(readFileSync(join(UPSTREAM, file), "utf8")) as Crd;
    const kind = allKinds.find(({ plural }) => plural === theirs.spec.names.plural);
    assert.ok(kind, `no kind with plural ${theirs.spec.names.plural}`);
    const { definitions } = JSON.parse(readFileSync(SCHEMAS, "utf8")) as { definitions: Definitions };
    const ours = forgeCrd(kind, definitions) as unknown as Crd;
    assert.deepEqual(ours.spec.names, theirs.spec.names);
    assert.equal(ours.spec.scope, theirs.spec.scope);
    assert.deepEqual(ours.metadata.labels, theirs.metadata.labels);
    const [own] = ours.spec.versions;
    const [upstream] = theirs.spec.versions;
    assert.equal(own?.name, upstream?.name);
    assert.deepEqual(own?.subresources, upstream?.subresources);
    const columns = (list: JsonSchema[] = []): unknown[] => list.map(({ description: _d, ...column }) => column);
    assert.deepEqual(columns(own?.additionalPrinterColumns), columns(upstream?.additionalPrinterColumns));
    const properties = (crd: typeof own, added: readonly string[]): unknown =>
      essence(crd?.schema.openAPIV3Schema, "", added);
    assert.deepEqual(properties(own, ADDED[kind.plural] ?? []), properties(upstream, []));
  });
}

test("28 kinds are defined", () => assert.equal(allKinds.length, 28));

/** The schema without descriptions and what was added, cut where a foreign type begins. */
function essence(schema: JsonSchema | undefined, path: string, added: readonly string[]): unknown {
  if (schema === undefined || FOREIGN.some((end) => path.endsWith(end))) return "foreign";
  const {
    properties,
    items,
    additionalProperties,
    description: _d,
    ...rest
  } = schema as {
    properties?: Record<string, JsonSchema>;
    items?: JsonSchema;
    additionalProperties?: JsonSchema;
  } & JsonSchema;
  const fields = Object.entries(properties ?? {})
    .filter(([name]) => !added.includes(`${path}.${name}`))
    .map(([name, field]) => [name, essence(field, `${path}.${name}`, added)]);
  return {
    ...rest,
    ...(properties !== undefined && { properties: Object.fromEntries(fields) }),
    ...(items !== undefined && { items: essence(items, path, added) }),
    ...(additionalProperties !== undefined && { additionalProperties: essence(additionalProperties, path, added) }),
  };
}
