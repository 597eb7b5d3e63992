/**
 * PATCH in its four forms. Kubernetes: apiserver/pkg/endpoints/handlers/patch.go
 */
import { parseJson } from "#base/text/json.ts";
import { type FieldError, forbidden, invalid, required } from "#machinery/field-error.ts";
import { goText } from "#machinery/go-text.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";
import { applyObject } from "#machinery/patch/apply.ts";
import { applyJsonPatch, JsonPatchError, parseJsonPatch } from "#machinery/patch/json-patch.ts";
import { applyMergePatch } from "#machinery/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "#machinery/patch/strategic-merge-patch.ts";
import { findShapeErrors, joinShapeErrors } from "#machinery/patch/typed-patch.ts";
import { findDuplicateFields } from "#machinery/schema/duplicate-fields.ts";
import { findConversionError, findTypeError } from "#machinery/schema/go-types.ts";
import { isJsonObject, type JsonObject, type Schema } from "#machinery/schema/schema.ts";
import { badRequest, conflict, failure, invalidObject, notFound, StatusError } from "#machinery/status-error.ts";
import type { ViewConnector } from "../connector.ts";
import { type Call, type Core, inVersion, keyFor, type Reply, timestamp } from "../core.ts";
import { findBase64Error } from "./byte-fields.ts";
import { viewInput } from "./create.ts";
import {
  goKind,
  mediaTypeOf,
  normalize,
  refusePrototype,
  reportProblems,
  strictError,
  unsupportedMediaType,
} from "./decode.ts";
import { withoutEmpty } from "./empty-fields.ts";
import { findJsonSyntaxError } from "./go-json.ts";
import { metadataOf, requireSameName } from "./metadata.ts";
import { type WriteOptions, writeOptions } from "./options.ts";
import { refuseFaultyPatch } from "./strategic-patch.ts";
import { createObject, updateObject } from "./write.ts";
import { parseYaml } from "./yaml.ts";

const JSON_PATCH = "application/json-patch+json";
const MERGE_PATCH = "application/merge-patch+json";
const STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json";
const APPLY_PATCH = "application/apply-patch+yaml";

export async function handlePatch(core: Core, call: Call, view?: ViewConnector): Promise<Reply> {
  const options = writeOptions(call, "PatchOptions");
  if (mediaTypeOf(call.contentType) === APPLY_PATCH) return handleApply(core, call, { options, view });
  if (call.query.get("force") !== null) {
    throw invalidOptions(forbidden("force", "may not be specified for non-apply patch"));
  }
  const patch = await decodePatch(call);
  const next = (current: UnstructuredObject): UnstructuredObject => {
    const patched = patch.apply(current, call.served.schema()) as UnstructuredObject;
    refuseOtherKind(call, patched);
    const shown = JSON.stringify(patched);
    const problems = [...patch.problems, ...normalize(call.served, patched, patch.refuseType)];
    if (problems.length > 0 && call.query.get("fieldValidation") === "Strict") {
      refusePatch(shown, strictError(problems));
    }
    reportOnce(call, problems);
    requireSameName(call, patched);
    return patched;
  };
  const updated = await updateObject(core, call, { options, next, ...viewInput(view) });
  return { code: 200, body: inVersion(call.served, updated) };
}

function invalidOptions(error: FieldError): Error {
  return invalidObject({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [error]);
}

/** A patch is applied again after a conflict: its warnings are said once. */
function reportOnce(call: Call, problems: readonly string[]): void {
  const said = new Set(call.warnings);
  reportProblems(
    call,
    problems.filter((problem) => !said.has(problem)),
  );
}

export interface DecodedPatch {
  readonly problems: readonly string[];
  /** The patched object; `current` may be changed. */
  apply(current: JsonObject, schema: Schema | undefined): JsonObject;
  /** Throws when the patched object has a value of a wrong type. */
  readonly refuseType: (patched: JsonObject, schema: Schema) => void;
}

export async function decodePatch(call: Call): Promise<DecodedPatch> {
  const mediaType = mediaTypeOf(call.contentType);
  const supported = [JSON_PATCH, MERGE_PATCH, ...(call.served.custom ? [] : [STRATEGIC_MERGE_PATCH]), APPLY_PATCH];
  if (!supported.includes(mediaType)) {
    if (call.served.custom) throw unsupportedMediaType(supported);
    throw failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  }
  const text = (await call.body()).toString("utf8");
  if (mediaType === JSON_PATCH) return decodeJsonPatch(text);
  const value = parseMap(text, mediaType === MERGE_PATCH ? "error decoding patch: " : "");
  const problems = findDuplicateFields(text).map((path) => `duplicate field "${path}"`);
  if (mediaType === MERGE_PATCH) {
    const apply = (current: JsonObject): JsonObject => asObject(applyMergePatch(current, structuredClone(value)));
    return { problems, apply, refuseType: refuseDecoded };
  }
  return {
    problems,
    apply: (current, schema) => {
      refuseFaultyPatch(value, schema);
      return applyStrategicMergePatch(current, structuredClone(value), schema);
    },
    refuseType: (patched, schema) => refusePatch(goText(value), findConversionError(patched, schema)),
  };
}

function decodeJsonPatch(text: string): DecodedPatch {
  const value = parseText(text, "error decoding patch: ");
  if (!Array.isArray(value))
    throw badRequest(`error decoding patch: ${cannotUnmarshal(value)} of type []handlers.jsonPatchOp`);
  const operations = attempt(() => parseJsonPatch(text));
  const apply = (current: JsonObject): JsonObject => asObject(attempt(() => applyJsonPatch(current, operations)));
  return { problems: [], apply, refuseType: refuseDecoded };
}

/** As upstream the answer names neither object nor operation. */
function attempt<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    throw failure(422, "Invalid", "the server rejected our request due to an error in our request", {});
  }
}

function parseText(text: string, prefix: string): unknown {
  try {
    const value = parseJson(text);
    refusePrototype(text, value);
    return value;
  } catch (cause) {
    if (cause instanceof StatusError) throw cause;
    throw badRequest(`${prefix}${findJsonSyntaxError(text)}`);
  }
}

function parseMap(text: string, prefix: string): JsonObject {
  const value = parseText(text, prefix);
  if (value === null) return {};
  if (!isJsonObject(value)) throw badRequest(`${prefix}${cannotUnmarshal(value)} of type map[string]interface {}`);
  return value;
}

function cannotUnmarshal(value: unknown): string {
  return `json: cannot unmarshal ${goKind(value)} into Go value`;
}

/** A patch cannot make another thing of an object. */
function refuseOtherKind(call: Call, patched: JsonObject): void {
  const { resource } = call.served.strategy;
  const apiVersion = apiVersionOf(resource);
  if (patched.kind === resource.kind && patched.apiVersion === apiVersion) return;
  const problem = `no kind "${patched.kind}" is registered for version "${patched.apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  refusePatch(JSON.stringify(patched), problem);
}

/** Upstream decodes the patched text and shows all of it. */
function refuseDecoded(patched: JsonObject, schema: Schema): void {
  refusePatch(JSON.stringify(patched), findTypeError(patched, schema) ?? findBase64Error(patched, schema));
}

function refusePatch(shown: string, problem: string | undefined): void {
  if (problem === undefined) return;
  const error = invalid("patch", shown, problem);
  throw failure(422, "Invalid", ` "" is invalid: ${error.field}: ${error.message}`, { causes: [error] });
}

function asObject(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw badRequest("the patch leaves no object");
  return value;
}

const EMBEDDED_FIELD = /\.(apiVersion|kind|metadata): field not declared in schema$/;

/** Before anything is merged the applied object must have the shape of its kind, whatever fieldValidation says. */
function refuseShape(call: Call, value: JsonObject, schema: Schema | undefined): void {
  // An object within an object has a kind and metadata without a word of its schema.
  const errors = findShapeErrors(value, schema).filter((error) => !EMBEDDED_FIELD.test(error));
  if (errors.length === 0) return;
  const { group, version, kind } = call.served.strategy.resource;
  const { namespace, name } = isJsonObject(value.metadata) ? value.metadata : {};
  const shown = [namespace, name].map((part) => (typeof part === "string" ? part : "")).join("/");
  const what = `${shown}; ${group}/${version}, Kind=${kind}`;
  throw failure(500, undefined, `failed to create typed patch object (${what}): ${joinShapeErrors(errors)}`);
}

async function handleApply(
  core: Core,
  call: Call,
  { options, view }: { readonly options: WriteOptions; readonly view: ViewConnector | undefined },
): Promise<Reply> {
  if ((call.query.get("fieldManager") ?? "") === "") {
    throw invalidOptions(required("fieldManager", "is required for apply patch"));
  }
  const sent = parseApplied((await call.body()).toString("utf8"));
  const force = ["true", "1"].includes(call.query.get("force") ?? "");
  const schema = call.served.schema();
  if (schema !== undefined && call.served.custom) refuseShape(call, sent, schema);
  const problems = normalize(call.served, sent, (value) => refuseShape(call, value, schema));
  reportProblems(call, problems);
  const merge = (current: KubeObject | undefined): UnstructuredObject => {
    const applied = structuredClone(sent) as UnstructuredObject;
    requireAppliable(call, applied);
    const merged = applyObject({
      schema: call.served.schema(),
      live: current && (isTracked(current) ? current : withoutEmpty(current, call.served.strategy.empty)),
      applied,
      force,
      writer: {
        manager: options.fieldManager,
        apiVersion: apiVersionOf(call.served.strategy.resource),
        subresource: call.subresource,
        time: timestamp(core.clock.epochMs()),
      },
    }) as UnstructuredObject;
    requireSameName(call, merged);
    return merged;
  };
  const exists = core.store.get(keyFor(call.served, call.namespace, call.name)) !== undefined;
  if (!exists && call.subresource === "") {
    const object = merge(undefined);
    if (object.metadata?.uid !== undefined) {
      const why = `uid mismatch: the provided object specified uid ${object.metadata.uid}, and no existing object was found`;
      throw conflict(call.served.strategy.resource, call.name, why);
    }
    const created = await createObject(core, call, { object, options, managed: true });
    return { code: 201, body: inVersion(call.served, created) };
  }
  if (!exists) throw notFound(call.served.strategy.resource, call.name);
  const updated = await updateObject(core, call, { options, next: merge, managed: true, ...viewInput(view) });
  return { code: 200, body: inVersion(call.served, updated) };
}

/** Of an object whose managed fields begin with this apply somebody owns what is set, and nobody what is empty. */
function isTracked(object: KubeObject): boolean {
  return (object.metadata?.managedFields ?? []).length > 0;
}

function parseApplied(text: string): JsonObject {
  let value: unknown;
  try {
    value = parseYaml(text).value;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${cause.message}`);
  }
  refusePrototype(text, value);
  if (!isJsonObject(value)) throw badRequest("error decoding YAML: the body is no mapping");
  return value;
}

function requireAppliable(call: Call, applied: UnstructuredObject): void {
  const { resource } = call.served.strategy;
  const apiVersion = apiVersionOf(resource);
  // What custom resources say in these fields nobody has checked yet.
  if (typeof applied.apiVersion !== "string" || typeof applied.kind !== "string")
    throw badRequest("invalid object type: /, Kind=");
  if (applied.apiVersion !== apiVersion || applied.kind !== resource.kind) {
    const shown = applied.apiVersion.includes("/") ? applied.apiVersion : `/${applied.apiVersion}`;
    throw badRequest(`invalid object type: ${shown}, Kind=${applied.kind}`);
  }
  const metadata = metadataOf(applied);
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest("metadata.managedFields must be nil");
  }
  delete metadata.managedFields;
}
