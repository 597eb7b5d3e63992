/**
 * Request bodies to objects: media types, type checks, unknown and duplicate fields, version and kind.
 * Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go, apimachinery/pkg/runtime/serializer/json
 */
import { parseJson as parseBoundedJson } from "#base/text/json.ts";
import { invalid } from "#machinery/field-error.ts";
import { apiVersionOf, type GroupVersionKind, parseApiVersion } from "#machinery/gvk.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { findDuplicateFields } from "#machinery/schema/duplicate-fields.ts";
import { findTypeError } from "#machinery/schema/go-types.ts";
import { decodeEnvelope, decodeMessage } from "#machinery/schema/protobuf.ts";
import { dropNulls, prune } from "#machinery/schema/prune.ts";
import { isJsonObject, type JsonObject, type Schema } from "#machinery/schema/schema.ts";
import { badRequest, failure, invalidObject, StatusError } from "#machinery/status-error.ts";
import type { Call } from "../core.ts";
import { customResourceDefinitions as CRDS } from "../crd/crd.ts";
import { crdWire } from "../crd/wire.ts";
import type { ServedResource } from "../registry.ts";
import { findBase64Error } from "./byte-fields.ts";
import { findJsonSyntaxError } from "./go-json.ts";
import { parseYaml, type YamlBody } from "./yaml.ts";

export interface Decoded {
  readonly value: JsonObject;
  /** `duplicate field "x"`, as strict decoding reports it. */
  readonly problems: string[];
  /** As it came, unless it was protobuf. */
  readonly text?: string;
}

// Kubernetes: apiserver/pkg/endpoints/handlers/rest.go (transformDecodeError, summarizeData)
const SHOWN_BYTES = 30;
// Go: sigs.k8s.io/json/internal/golang/encoding/json/kubernetes_patch.go (saveStrictError)
const MAX_STRICT_ERRORS = 100;
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const MEDIA_TYPES = ["application/json", "application/yaml", PROTOBUF];

/** The body as a JSON object; throws 400 or 415. */
export async function decodeBody(call: Call): Promise<Decoded> {
  const mediaType = mediaTypeOf(call.contentType);
  if (!MEDIA_TYPES.includes(mediaType) || (mediaType === PROTOBUF && call.served.custom)) {
    throw unsupportedMediaType(call.served.custom ? MEDIA_TYPES.slice(0, 2) : MEDIA_TYPES);
  }
  if (mediaType === PROTOBUF) return decodeProtobuf(call, await call.body());
  const text = (await call.body()).toString("utf8");
  const wantsProblems = call.query.get("fieldValidation") !== "Ignore";
  if (mediaType.endsWith("yaml")) return decodeYaml(call, text);
  const value = parseBody(call, text);
  return {
    value,
    text,
    problems: wantsProblems ? findDuplicateFields(text).map((path) => `duplicate field "${path}"`) : [],
  };
}

/** As parseJson, with what was expected and what came. */
function parseBody(call: Call, text: string): JsonObject {
  if (text.trim() === "null" && !call.served.custom) return {};
  try {
    return parseJson(text);
  } catch (cause) {
    if (!(cause instanceof StatusError) || !cause.message.startsWith("couldn't get")) throw cause;
    throw unrecognized(call.served, cause.message, text);
  }
}

function unrecognized({ strategy }: ServedResource, why: string, text: string): Error {
  const expected = `the object provided is unrecognized (must be of type ${strategy.resource.kind})`;
  return badRequest(`${expected}: ${why} (${summaryOf(text)})`);
}

/** The beginning of a body, in hexadecimal digits when it is no JSON object. */
function summaryOf(text: string): string {
  if (text === "") return "<empty>";
  const bytes = Buffer.from(text);
  const head = bytes.subarray(0, SHOWN_BYTES).toString(text.startsWith("{") ? "utf8" : "hex");
  return bytes.length > SHOWN_BYTES ? `${head} ...` : head;
}

export function mediaTypeOf(contentType: string): string {
  const [type = ""] = contentType.split(";");
  return type.trim() === "" ? "application/json" : type.trim().toLowerCase();
}

export function unsupportedMediaType(accepted: readonly string[]): Error {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`;
  return failure(415, "UnsupportedMediaType", message);
}

function parseJson(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseBoundedJson(text);
  } catch {
    throw badRequest(`couldn't get version/kind; json parse error: ${findJsonSyntaxError(text)}`);
  }
  refusePrototype(text, value);
  if (!isJsonObject(value))
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goKind(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  return value;
}

export function goKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function decodeProtobuf(call: Call, body: Buffer): Decoded {
  try {
    const { apiVersion, kind, raw } = decodeEnvelope(body);
    const gvk = { ...parseApiVersion(apiVersion), kind };
    const schema = findWire(call, gvk);
    if (schema === undefined) throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`);
    return { value: { apiVersion, kind, ...decodeMessage(raw, schema) }, problems: [] };
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof SyntaxError) throw badRequest(cause.message);
    throw cause;
  }
}

function findWire({ schemas }: Call, gvk: GroupVersionKind): Schema | undefined {
  const { group, kind } = gvk;
  if (kind === "DeleteOptions") return schemas.find({ group: "meta", version: "v1", kind });
  const metadata = schemas.objectMeta();
  if (group === CRDS.group && kind === CRDS.kind && metadata !== undefined) return crdWire(metadata);
  return schemas.find(gvk);
}

/** Merging a field of this name would reach the prototype of every object of the server. Values may contain the text. */
export function refusePrototype(text: string, value: unknown): void {
  if (!/__proto__|\\[ux]/.test(text)) return;
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    if (Object.hasOwn(part, "__proto__")) throw badRequest('field name "__proto__" is not supported');
    for (const child of Object.values(part)) visit(child);
  };
  visit(value);
}

function decodeYaml(call: Call, text: string): Decoded {
  let body: YamlBody;
  try {
    body = parseYaml(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw unrecognized(call.served, cause.message, text);
    throw cause;
  }
  const { value, problems } = body;
  refusePrototype(text, value);
  if (!isJsonObject(value)) throw badRequest("error parsing YAML: the body is no mapping");
  return { value, text, problems: [...problems] };
}

/** A decoded body as an object of the resource's kind, without unknown fields; problems go where fieldValidation says. */
export function toObject(call: Call, decoded: Decoded): UnstructuredObject {
  const { served } = call;
  requireKind(call, decoded);
  const problems = [...decoded.problems, ...normalize(served, decoded.value)];
  reportProblems(call, problems);
  return decoded.value as UnstructuredObject;
}

/**
 * Checks types and removes what the schema does not know, in place; returns the removed as problems.
 * `refuseType` throws what a value of a wrong type is answered with.
 */
export function normalize(
  served: ServedResource,
  value: JsonObject,
  refuseType: (value: JsonObject, schema: Schema) => void = (object, schema) => refuseBody(served, object, schema),
): string[] {
  const schema = served.schema();
  if (schema === undefined) {
    const { shape } = served.strategy;
    if (shape === undefined) return [];
    refuseType(value, shape);
    dropNulls(value, shape);
    return [];
  }
  if (served.custom) refuseBody(served, value, schema);
  else refuseType(value, schema);
  const unknown = prune(value, schema).map((path) => `unknown field "${path}"`);
  if (!served.custom) dropNulls(value, schema);
  else if (isJsonObject(value.metadata)) dropNulls(value.metadata, schema.properties?.metadata);
  if (isJsonObject(value.metadata)) dropEmpty(value.metadata);
  return unknown;
}

function refuseBody(served: ServedResource, value: JsonObject, schema: Schema): void {
  const typeError = served.custom
    ? findMetaTypeError(value, schema)
    : (findTypeError(value, schema) ?? findBase64Error(value, schema));
  if (typeError !== undefined) throw badRequest(`${handledAs(served)}: ${typeError}`);
}

/** Go's encoder leaves out what is empty: `kubectl diff` sends `annotations: {}` and expects to find none. */
function dropEmpty(metadata: JsonObject): void {
  for (const field of ["labels", "annotations", "finalizers", "ownerReferences"]) {
    const value = metadata[field];
    if (value !== undefined && value !== null && Object.keys(value).length === 0) delete metadata[field];
  }
}

export function strictError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.slice(0, MAX_STRICT_ERRORS).join(", ")}`;
}

/** What is one error to YAML is a warning for each of its lines. */
function linesOf(problem: string): string[] {
  const [, lines] = problem.split("yaml: unmarshal errors:\n  ");
  return lines === undefined ? [problem] : lines.split("\n  ");
}

export function reportProblems(call: Call, problems: readonly string[]): void {
  if (problems.length === 0) return;
  const mode = call.query.get("fieldValidation") ?? "Warn";
  if (mode === "Strict") throw badRequest(`${handledAs(call.served)}: ${strictError(problems)}`);
  if (mode !== "Ignore") call.warnings.push(...problems.flatMap(linesOf).slice(0, MAX_STRICT_ERRORS));
}

/** Of custom resources only metadata is decoded into a Go struct; the rest is the schema validation's business. */
function findMetaTypeError(value: JsonObject, schema: Schema): string | undefined {
  const metadata = schema.properties?.metadata;
  if (metadata === undefined || value.metadata === undefined) return undefined;
  return findTypeError({ metadata: value.metadata }, { type: "object", properties: { metadata } });
}

function requireKind({ served, registry }: Call, { value, text }: Decoded): void {
  const { resource } = served.strategy;
  const { custom } = served;
  // Of built-in kinds the path says what the body is.
  if (custom && (value.kind === undefined || value.kind === "")) {
    const shown = text ?? JSON.stringify(value);
    throw unrecognized(served, `Object 'Kind' is missing in '${shown}'`, shown);
  }
  const apiVersion = apiVersionOf(resource);
  if (typeof value.apiVersion === "string" && value.apiVersion !== "" && value.apiVersion !== apiVersion) {
    throw badRequest(
      custom
        ? `the API version in the data (${value.apiVersion}) does not match the expected API version (${apiVersion})`
        : `${handledAs(served, value.apiVersion)}: no kind "${resource.kind}" is registered for version "${value.apiVersion}" in scheme "pkg/runtime/scheme.go:110"`,
    );
  }
  if (typeof value.kind === "string" && value.kind !== "" && value.kind !== resource.kind) {
    if (custom) throw otherCustomKind(resource, value);
    const { group, version } = resource;
    const isKnown = registry.findKind({ group, version, kind: value.kind }) !== undefined;
    const why = isKnown
      ? `converting (${version}.${value.kind}) to (${goPackage(group)}.${resource.kind}): unknown conversion`
      : `no kind "${value.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:110"`;
    throw badRequest(`${value.kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`);
  }
  value.apiVersion = apiVersion;
  value.kind = resource.kind;
}

function otherCustomKind({ group, kind }: { group: string; kind: string }, value: JsonObject): Error {
  const name = isJsonObject(value.metadata) && typeof value.metadata.name === "string" ? value.metadata.name : "";
  const error = invalid("kind", value.kind, `must be ${kind}`);
  return invalidObject({ group, kind: String(value.kind) }, name, [error]);
}

/** `networking` of `networking.k8s.io`. */
export function goPackage(group: string): string {
  return group === "" ? "core" : (group.split(".")[0] ?? group);
}

function handledAs(served: ServedResource, shown?: string): string {
  const { kind, version } = served.strategy.resource;
  return `${kind} in version "${shown ?? version}" cannot be handled as a ${kind}`;
}
