/** JSON Patch. RFC 6902, RFC 6901 (pointers); messages as github.com/evanphx/json-patch words them. */
import { parseJson } from "#base/text/json.ts";
import { isJsonObject, jsonEquals } from "../schema/schema.ts";

export interface JsonPatchOperation {
  readonly op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

export class JsonPatchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "JsonPatchError";
  }
}

const OPERATIONS = ["add", "remove", "replace", "move", "copy", "test"];
// Kubernetes: apiserver/pkg/endpoints/handlers/patch.go
const MAX_OPERATIONS = 10_000;

/** Throws JsonPatchError on anything that isn't a patch. */
export function parseJsonPatch(text: string): JsonPatchOperation[] {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw new JsonPatchError("error decoding patch: invalid JSON");
  }
  if (!Array.isArray(value)) {
    throw new JsonPatchError(
      "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    );
  }
  if (value.length > MAX_OPERATIONS) {
    throw new JsonPatchError(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${value.length}`,
    );
  }
  return value.map(parseOperation);
}

function parseOperation(value: unknown): JsonPatchOperation {
  if (!isJsonObject(value) || typeof value.op !== "string" || !OPERATIONS.includes(value.op)) {
    throw new JsonPatchError(
      `Unexpected kind: ${isJsonObject(value) && typeof value.op === "string" ? value.op : "unknown"}`,
    );
  }
  if (typeof value.path !== "string") throw new JsonPatchError("missing path in patch operation");
  const needsFrom = value.op === "move" || value.op === "copy";
  if (needsFrom && typeof value.from !== "string") throw new JsonPatchError("missing from in patch operation");
  // The shape was checked field by field above.
  return value as unknown as JsonPatchOperation;
}

/** The patched document; `document` may be changed. Throws JsonPatchError when an operation can't be done. */
export function applyJsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  return operations.reduce(applyOperation, document);
}

function applyOperation(document: unknown, operation: JsonPatchOperation): unknown {
  const { op, path } = operation;
  switch (op) {
    case "add":
      return add(document, path, structuredClone(operation.value));
    case "remove":
      return remove(document, path);
    case "replace":
      return replace(document, path, structuredClone(operation.value));
    case "move": {
      const moved = read(document, operation.from ?? "");
      return add(remove(document, operation.from ?? ""), path, moved);
    }
    case "copy":
      return add(document, path, structuredClone(read(document, operation.from ?? "")));
    case "test":
      if (jsonEquals(find(document, path) ?? null, operation.value ?? null)) return document;
      throw new JsonPatchError(`testing value ${path} failed`);
  }
}

/** The tokens of a pointer; throws on one without leading slash. */
function tokensOf(pointer: string): string[] {
  if (pointer === "") return [];
  if (!pointer.startsWith("/")) throw new JsonPatchError(`missing leading slash in path: ${pointer}`);
  return pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function find(document: unknown, pointer: string): unknown {
  let value = document;
  for (const token of tokensOf(pointer)) {
    if (Array.isArray(value)) value = value[indexOf(token, value.length, pointer)];
    else if (isJsonObject(value) && Object.hasOwn(value, token)) value = value[token];
    else return undefined;
  }
  return value;
}

function read(document: unknown, pointer: string): unknown {
  const value = find(document, pointer);
  if (value === undefined) throw new JsonPatchError(`doc is missing path: ${pointer}: missing value`);
  return value;
}

interface Place {
  readonly parent: unknown;
  readonly token: string;
}

function placeOf(document: unknown, pointer: string): Place {
  const cut = pointer.lastIndexOf("/");
  const [token = ""] = tokensOf(pointer.slice(cut));
  const parent = find(document, pointer.slice(0, cut));
  if (typeof parent !== "object" || parent === null) {
    throw new JsonPatchError(`doc is missing path: ${pointer}: missing value`);
  }
  return { parent, token };
}

function add(document: unknown, pointer: string, value: unknown): unknown {
  if (pointer === "") return value;
  const { parent, token } = placeOf(document, pointer);
  if (Array.isArray(parent)) {
    const index = token === "-" ? parent.length : indexOf(token, parent.length + 1, pointer);
    parent.splice(index, 0, value);
  } else if (isJsonObject(parent)) set(parent, token, value);
  return document;
}

function replace(document: unknown, pointer: string, value: unknown): unknown {
  if (pointer === "") return value;
  const { parent, token } = placeOf(document, pointer);
  if (Array.isArray(parent)) parent[indexOf(token, parent.length, pointer)] = value;
  else if (isJsonObject(parent) && Object.hasOwn(parent, token)) set(parent, token, value);
  else throw new JsonPatchError(`replace operation does not apply: doc is missing key: ${pointer}: missing value`);
  return document;
}

function remove(document: unknown, pointer: string): unknown {
  if (pointer === "") return null;
  const { parent, token } = placeOf(document, pointer);
  if (Array.isArray(parent)) parent.splice(indexOf(token, parent.length, pointer), 1);
  else if (isJsonObject(parent) && Object.hasOwn(parent, token)) delete parent[token];
  else throw new JsonPatchError(`remove operation does not apply: doc is missing path: ${pointer}: missing value`);
  return document;
}

function indexOf(token: string, length: number, pointer: string): number {
  const index = /^(?:0|[1-9]\d*)$/.test(token) ? Number(token) : -1;
  if (index < 0 || index >= length) {
    throw new JsonPatchError(`Unable to access invalid index: ${token}: invalid index referenced in ${pointer}`);
  }
  return index;
}

/** A field called __proto__ must become an own field like any other. */
function set(target: Record<string, unknown>, field: string, value: unknown): void {
  Object.defineProperty(target, field, { value, writable: true, enumerable: true, configurable: true });
}
