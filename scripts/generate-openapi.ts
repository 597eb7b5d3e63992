/**
 * Writes the schemas of the built-in kinds to .build/openapi: schemas.json for the API server's own checks (no
 * descriptions) and components/<group>_<version>.json for /openapi/v3. Run at set-up: node scripts/generate-openapi.ts
 * Names, types and descriptions are those of @kubernetes/client-node; keys, list types and protobuf field numbers
 * those of src/machinery/schema/api-markers.json.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const MODELS = new URL("../node_modules/@kubernetes/client-node/dist/gen/models/", import.meta.url);
const MARKERS = new URL("../src/machinery/schema/api-markers.json", import.meta.url);
const OUTPUT = new URL("../.build/openapi/", import.meta.url);

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

type Json = Record<string, unknown>;
type Markers = Record<string, Record<string, Record<string, string>>>;

interface Model {
  readonly className: string;
  readonly package: string;
  readonly goType: string;
  readonly definition: string;
  readonly attributes: readonly Attribute[];
  readonly docs: ReadonlyMap<string, { readonly description: string; readonly required: boolean }>;
  readonly description: string;
}

const GROUPS: Readonly<Record<string, string>> = {
  core: "",
  meta: "meta",
  certificates: "certificates.k8s.io",
  coordination: "coordination.k8s.io",
  discovery: "discovery.k8s.io",
  events: "events.k8s.io",
  networking: "networking.k8s.io",
  rbac: "rbac.authorization.k8s.io",
  scheduling: "scheduling.k8s.io",
  storage: "storage.k8s.io",
  node: "node.k8s.io",
  admissionregistration: "admissionregistration.k8s.io",
  authentication: "authentication.k8s.io",
  authorization: "authorization.k8s.io",
};

const markers = JSON.parse(readFileSync(MARKERS, "utf8")) as Markers;
const files = new Set(readdirSync(MODELS).filter((file) => file.endsWith(".d.ts")));
const models = findModels();
const byClass = new Map(models.map((model) => [model.className, model]));
await write();

function findModels(): Model[] {
  const found: Model[] = [];
  for (const [path, types] of Object.entries(markers)) {
    const [group = "", version = ""] = path.split("/");
    for (const goType of Object.keys(types)) {
      const className = classOf(group, version, goType);
      if (className !== undefined) found.push(readModel({ className, package: path, goType }));
    }
  }
  return found;
}

function classOf(group: string, version: string, goType: string): string | undefined {
  const plain = capital(version) + goType;
  return [capital(group) + plain, plain].find((name) => files.has(`${name}.d.ts`));
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function readModel(id: { className: string; package: string; goType: string }): Model {
  const source = readFileSync(new URL(`${id.className}.js`, MODELS), "utf8");
  const table = /attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(source)?.[1] ?? "[]";
  const declaration = readFileSync(new URL(`${id.className}.d.ts`, MODELS), "utf8");
  const docs = new Map<string, { description: string; required: boolean }>();
  for (const match of declaration.matchAll(/\/\*\*\s*\n\s*\* (.*)\n\s*\*\/\s*\n\s*'(\w+)'(\?)?:/g)) {
    docs.set(match[2] ?? "", { description: unescapeText(match[1] ?? ""), required: match[3] === undefined });
  }
  const description = /\/\*\*\s*\n\* (.*)\n\*\/\s*\nexport declare class/.exec(declaration)?.[1] ?? "";
  const [group = "", version = ""] = id.package.split("/");
  const path = group === "meta" ? "io.k8s.apimachinery.pkg.apis.meta" : `io.k8s.api.${group}`;
  const definition = `${path}.${version}.${id.goType}`;
  // The table is JSON as the generator of client-node prints it.
  const attributes = JSON.parse(table) as Attribute[];
  return { ...id, definition, attributes, docs, description: unescapeText(description) };
}

function unescapeText(text: string): string {
  return text.replaceAll("\\'", "'").replaceAll('\\"', '"');
}

function markersOf(model: Model): Record<string, string> {
  const types = markers[model.package] ?? {};
  const own = types[model.goType] ?? {};
  const inlined = Object.keys(own).filter((field) => field.startsWith("+"));
  return Object.assign({}, ...inlined.map((field) => types[field.slice(1)] ?? {}), own);
}

function schemaOf(model: Model, described: boolean): Json {
  const fields = markersOf(model);
  const properties: Json = {};
  for (const attribute of model.attributes) {
    const doc = model.docs.get(attribute.name);
    const schema = withMarkers(typeSchema(attribute, described), fields[attribute.baseName] ?? "");
    const describe = described && doc !== undefined;
    if (describe && "$ref" in schema)
      properties[attribute.baseName] = { description: doc.description, allOf: [schema] };
    else properties[attribute.baseName] = describe ? { description: doc.description, ...schema } : schema;
  }
  const required = model.attributes.filter((a) => model.docs.get(a.name)?.required === true).map((a) => a.baseName);
  return {
    ...(described && { description: model.description }),
    type: "object",
    properties,
    ...(required.length > 0 && described && { required }),
    // Of an inlined type the fields are taken over, not what is said of the type as a whole.
    ...(markers[model.package]?.[model.goType]?.[""] === "map=atomic" && { "x-kubernetes-map-type": "atomic" }),
    ...(!described && { goType: model.goType, wire: wireOf(model.package, model.goType) }),
  };
}

function wireOf(path: string, goType: string): Json {
  const wire: Json = {};
  for (const [field, text] of Object.entries(markers[path]?.[goType] ?? {})) {
    const number = /^(\d+)(\*)?/.exec(text);
    if (number === null) continue;
    if (field.startsWith("+")) wire[number[1] ?? ""] = { inline: wireOf(path, field.slice(1)) };
    else wire[number[1] ?? ""] = { name: field, ...(number[2] === "*" && { pointer: true }) };
  }
  return wire;
}

function typeSchema({ type, format }: Pick<Attribute, "type" | "format">, described: boolean): Json {
  const array = /^Array<(.*)>$/.exec(type)?.[1];
  if (array !== undefined) return { type: "array", items: typeSchema({ type: array, format }, described) };
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined) return { type: "object", additionalProperties: typeSchema({ type: map, format }, described) };
  if (type === "IntOrString") {
    return described
      ? { format: "int-or-string", oneOf: [{ type: "integer" }, { type: "string" }] }
      : { "x-kubernetes-int-or-string": true };
  }
  if (type === "Date") return { type: "string", format: "date-time" };
  // Of the two only the writing differs: six digits after the second.
  if (type.endsWith("MicroTime"))
    return { type: "string", format: "date-time", ...(!described && { goType: "MicroTime" }) };
  if (type === "number")
    return format === "double" ? { type: "number", format } : { type: "integer", format: format || "int32" };
  if (type === "boolean") return { type: "boolean" };
  if (type === "string") return format === "" ? { type: "string" } : { type: "string", format };
  const model = byClass.get(type);
  if (model !== undefined) return { $ref: described ? `#/components/schemas/${model.definition}` : model.definition };
  return described ? { type: "object" } : { "x-kubernetes-preserve-unknown-fields": true };
}

function withMarkers(schema: Json, text: string): Json {
  const words = new Set(text.split(" ").slice(1));
  const value = (name: string): string | undefined =>
    [...words].find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const mergeKey = value("merge");
  const strategies = [
    ...(words.has("merge") || mergeKey !== undefined ? ["merge"] : []),
    ...(words.has("retainKeys") ? ["retainKeys"] : []),
  ];
  const list = value("list") ?? (schema.type === "array" ? "atomic" : undefined);
  const base = words.has("quantity") ? asQuantity(schema) : schema;
  return {
    ...base,
    ...(value("default") !== undefined && schema.type === "string" && { default: value("default") }),
    ...(strategies.length > 0 && { "x-kubernetes-patch-strategy": strategies.join(",") }),
    ...(mergeKey !== undefined && { "x-kubernetes-patch-merge-key": mergeKey }),
    ...(list !== undefined && { "x-kubernetes-list-type": list }),
    ...(value("keys") !== undefined && { "x-kubernetes-list-map-keys": value("keys")?.split(",") }),
    ...(value("map") === "atomic" && { "x-kubernetes-map-type": "atomic" }),
  };
}

function asQuantity(schema: Json): Json {
  const quantity = { type: "string", format: "quantity" };
  return schema.type === "object" ? { type: "object", additionalProperties: quantity } : quantity;
}

async function write(): Promise<void> {
  mkdirSync(new URL("components/", OUTPUT), { recursive: true });
  const kinds: Json = {};
  const definitions: Json = {};
  const byGroup = new Map<string, Model[]>();
  for (const model of models) {
    definitions[model.definition] = schemaOf(model, false);
    if (model.definition.endsWith("meta.v1.DeleteOptions")) kinds["meta/v1/DeleteOptions"] = model.definition;
    if (!isKind(model)) continue;
    const [group = "", version = ""] = model.package.split("/");
    kinds[`${GROUPS[group] ?? group}/${version}/${model.goType}`] = model.definition;
    byGroup.set(model.package, [...(byGroup.get(model.package) ?? []), model]);
  }
  writeFileSync(new URL("schemas.json", OUTPUT), JSON.stringify({ kinds, definitions }));
  for (const [path, roots] of byGroup) {
    const [group = "", version = ""] = path.split("/");
    const name = `${group === "core" ? "core" : (GROUPS[group] ?? group)}_${version}.json`;
    writeFileSync(new URL(`components/${name}`, OUTPUT), JSON.stringify(closure(roots)));
  }
}

function isKind({ attributes }: Model): boolean {
  const names = new Set(attributes.map((attribute) => attribute.baseName));
  return names.has("apiVersion") && names.has("kind") && names.has("metadata");
}

/** The definitions of `roots` and of everything they refer to. */
function closure(roots: readonly Model[]): Json {
  const schemas: Json = {};
  const byDefinition = new Map(models.map((model) => [model.definition, model]));
  const visit = (model: Model): void => {
    if (model.definition in schemas) return;
    const schema = schemaOf(model, true);
    const [group = "", version = ""] = model.package.split("/");
    const gvk = { group: GROUPS[group] ?? group, kind: model.goType, version };
    schemas[model.definition] = roots.includes(model)
      ? { ...schema, "x-kubernetes-group-version-kind": [gvk] }
      : schema;
    for (const match of JSON.stringify(schema).matchAll(/#\/components\/schemas\/([\w.-]+)/g)) {
      const next = byDefinition.get(match[1] ?? "");
      if (next !== undefined) visit(next);
    }
  };
  for (const root of roots) visit(root);
  return schemas;
}
