/**
 * The two ways an object gets into the store: creation and guarded update. Order of the steps as in Kubernetes:
 * defaults, managed fields, mutating admission, the strategy's preparation, validation, validating admission, store.
 * Kubernetes: apiserver/pkg/endpoints/handlers/{create,update}.go, apiserver/pkg/registry/generic/registry/store.go
 */
import { type FieldError, invalid } from "#machinery/field-error.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import type { KubeObject, ManagedFieldsEntry, UnstructuredObject } from "#machinery/meta.ts";
import { sameManagedFields, trackUpdate } from "#machinery/patch/managed-fields.ts";
import { prune } from "#machinery/schema/prune.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import {
  alreadyExists,
  failure,
  invalidObject,
  modifiedConflict,
  notFound,
  StatusError,
} from "#machinery/status-error.ts";
import { type Entry, StoreError } from "#playground/store/store.ts";
import { type Call, type Core, inVersion, keyFor, timestamp } from "../core.ts";
import type { ServedResource } from "../registry.ts";
import type { AdmissionRequest } from "../request.ts";
import type { AnyStrategy } from "../strategy.ts";
import { isDeletable } from "./deletion-state.ts";
import { dropEmptyLists, emptyPart, fillEmpty } from "./empty-fields.ts";
import { sortAllKeys, sortMapKeys } from "./key-order.ts";
import {
  bumpGeneration,
  fillForCreate,
  generateName,
  keepForUpdate,
  metadataOf,
  validateMetadata,
  validateMetadataUpdate,
} from "./metadata.ts";
import type { WriteOptions } from "./options.ts";

/** A write without resourceVersion is repeated on conflict, as guaranteedUpdate does. */
const MAX_ATTEMPTS = 20;
/** Since Kubernetes 1.30 a generated name that is taken is tried again. */
const MAX_NAME_ATTEMPTS = 8;

export async function createObject(
  core: Core,
  call: Call,
  input: { readonly object: UnstructuredObject; readonly options: WriteOptions; readonly managed?: boolean },
): Promise<KubeObject> {
  const { strategy } = call.served;
  const { object, options } = input;
  fillForCreate(call, object, core.clock.epochMs());
  const isStatusOurs = strategy.status === true && strategy.statusOnCreate !== true && call.subresource === "";
  if (isStatusOurs) delete object.status;
  fillEmpty(object, call.served.schema(), strategy.empty);
  strategy.setDefaults?.(object);
  if (input.managed !== true) recordManager(core, call, { next: object, options });
  const request = admissionRequest(call, { operation: "CREATE", object, options });
  const empty = structuredClone(object.status);
  const admitted = await admit(core, call, request, object);
  // Whoever creates an object says nothing of its status, and a webhook written in Go answers with its whole struct.
  if (isStatusOurs) withStatus(admitted, empty);
  strategy.prepareForCreate?.(admitted);
  encode(call.served, admitted);
  throwIfInvalid(call, admitted, [...validateMetadata(strategy, admitted), ...(strategy.validate?.(admitted) ?? [])]);
  call.warnings.push(...(strategy.warnings?.(admitted) ?? []));
  await validateAdmission(core, call, request, admitted);
  return insert(core, call, admitted, options.dryRun);
}

function withStatus(object: UnstructuredObject, status: UnstructuredObject["status"]): void {
  if (status === undefined) delete object.status;
  else object.status = status;
}

/** Gives an object the form that it is stored and shown in. */
function encode(served: ServedResource, object: UnstructuredObject): void {
  dropEmptyLists(object, served.strategy.empty);
  const schema = served.custom ? served.schema() : undefined;
  // What a webhook added is pruned as what the client sent.
  if (schema !== undefined) prune(object, schema);
  if (served.custom) sortAllKeys(object);
  else if (served.schema() !== undefined) sortMapKeys(object, served.schema());
}

function insert(core: Core, call: Call, object: UnstructuredObject, dryRun: boolean): KubeObject {
  const metadata = metadataOf(object);
  for (let attempt = 1; ; attempt++) {
    const key = keyFor(call.served, metadata.namespace ?? "", metadata.name ?? "");
    try {
      if (!dryRun) return core.store.create(key, (revision) => stamped(call.served, object, revision)).value;
      if (core.store.get(key) === undefined) return object;
      throw new StoreError("exists", key);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const base = metadata.generateName ?? "";
      if (base === "" || !metadata.name?.startsWith(base) || attempt === MAX_NAME_ATTEMPTS) {
        throw nameConflict(call, metadata.name ?? "", core.store.get(key)?.value);
      }
      metadata.name = generateName(base);
    }
  }
}

function nameConflict(call: Call, name: string, present: KubeObject | undefined): StatusError {
  const { status } = alreadyExists(call.served.strategy.resource, name);
  const isGoing = present?.metadata?.deletionTimestamp !== undefined;
  return new StatusError(isGoing ? { ...status, message: `object is being deleted: ${status.message}` } : status);
}

export interface UpdateInput {
  readonly options: WriteOptions;
  /** The new object, made from a private copy of the current one. Called again after a conflict. */
  readonly next: (current: UnstructuredObject) => UnstructuredObject | Promise<UnstructuredObject>;
  /** Copies back what the addressed subresource may not change; default by `call.subresource`. */
  readonly prepare?: (next: UnstructuredObject, previous: KubeObject) => void;
  readonly validate?: (next: UnstructuredObject, previous: KubeObject) => FieldError[];
  /** The managed fields in `next` are final (server-side apply). */
  readonly managed?: boolean;
  /** As the server itself writes past the resource's rules: unasked, nobody's, and of the same generation. */
  readonly raw?: boolean;
}

export async function updateObject(core: Core, call: Call, input: UpdateInput): Promise<KubeObject> {
  const key = keyFor(call.served, call.namespace, call.name);
  for (let attempt = 1; ; attempt++) {
    const entry = core.store.get(key);
    if (entry === undefined) throw notFound(call.served.strategy.resource, call.name);
    const previous = inVersion(call.served, entry.value);
    const next = await input.next(structuredClone(previous) as UnstructuredObject);
    const wanted = next.metadata?.resourceVersion ?? "";
    requireRevision(wanted);
    const guarded = wanted !== "" && wanted !== "0" && wanted !== previous.metadata?.resourceVersion;
    if (guarded) throw modifiedConflict(call.served.strategy.resource, call.name);
    const ready = await prepareUpdate(core, call, input, { next, previous });
    try {
      return commit(core, call, { entry, previous, next: ready, dryRun: input.options.dryRun });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.reason === "missing") throw notFound(call.served.strategy.resource, call.name);
      if (attempt === MAX_ATTEMPTS) throw modifiedConflict(call.served.strategy.resource, call.name);
    }
  }
}

async function prepareUpdate(
  core: Core,
  call: Call,
  input: UpdateInput,
  pair: { readonly next: UnstructuredObject; readonly previous: KubeObject },
): Promise<UnstructuredObject> {
  const { strategy } = call.served;
  const { next, previous } = pair;
  throwIfInvalid(call, next, keepForUpdate(call, next, previous));
  fillEmpty(next, call.served.schema(), strategy.empty);
  strategy.setDefaults?.(next);
  if (input.prepare !== undefined) input.prepare(next, previous);
  else if (call.subresource === "status") keepAllButStatus(call, next, previous);
  else if (call.subresource === "") keepFields(next, previous, strategy);
  if (input.managed !== true && input.raw !== true)
    recordManager(core, call, { next, previous, options: input.options });
  const request = admissionRequest(call, {
    operation: "UPDATE",
    object: next,
    oldObject: previous,
    options: input.options,
  });
  const admitted = input.raw === true ? next : await admit(core, call, request, next);
  if (call.subresource === "status") strategy.prepareForStatusUpdate?.(admitted, previous, core.clock.epochMs());
  else if (followsMainRules(call)) {
    // Once more: admission may have changed what is to stay.
    if (call.subresource === "" && input.prepare === undefined) keepFields(admitted, previous, strategy);
    strategy.prepareForUpdate?.(admitted, previous);
  }
  encode(call.served, admitted);
  if (input.raw !== true) bumpGeneration(strategy, admitted, previous as UnstructuredObject);
  const main = followsMainRules(call) ? strategy.validateUpdate : undefined;
  const own = call.subresource === "status" ? strategy.validateStatusUpdate : main;
  const errors = (input.validate ?? own?.bind(strategy))?.(admitted, previous) ?? [];
  throwIfInvalid(call, admitted, [
    ...validateMetadata(strategy, admitted),
    ...validateMetadataUpdate(admitted, previous),
    ...errors,
  ]);
  call.warnings.push(...(strategy.warnings?.(admitted) ?? []));
  if (input.raw !== true) await validateAdmission(core, call, request, admitted);
  return admitted;
}

/** Approvals, bindings and other views write what the main resource may not: only their own rules hold. */
function followsMainRules(call: Call): boolean {
  return call.subresource === "" || call.subresource === "scale";
}

/** Go reads it as a number before it compares. */
function requireRevision(text: string): void {
  if (text === "" || /^\d+$/.test(text)) return;
  throw failure(500, undefined, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function keepFields(next: UnstructuredObject, previous: KubeObject, { status, fixed = [] }: AnyStrategy): void {
  for (const field of [...(status === true ? ["status"] : []), ...fixed]) {
    const value = (previous as UnstructuredObject)[field];
    if (value === undefined) delete next[field];
    else next[field] = structuredClone(value);
  }
}

/** Built-in kinds let status writers set labels and annotations (nodes need it), custom resources nothing but status. */
function keepAllButStatus(call: Call, next: UnstructuredObject, previous: KubeObject): void {
  const old = structuredClone(previous) as UnstructuredObject;
  const { status } = next;
  const { labels, annotations, managedFields, resourceVersion } = next.metadata ?? {};
  for (const field of Object.keys(next)) delete next[field];
  Object.assign(next, old);
  const metadata = metadataOf(next);
  if (!call.served.custom && call.served.strategy.statusOnly !== true) Object.assign(metadata, { labels, annotations });
  Object.assign(metadata, { managedFields, resourceVersion });
  for (const [field, value] of Object.entries(metadata)) {
    if (value === undefined) delete (metadata as Record<string, unknown>)[field];
  }
  if (status === undefined) delete next.status;
  else next.status = status;
}

interface Commit {
  readonly entry: Entry<KubeObject>;
  readonly previous: KubeObject;
  readonly next: UnstructuredObject;
  readonly dryRun: boolean;
}

function commit(core: Core, call: Call, { entry, previous, next, dryRun }: Commit): KubeObject {
  if (isUnchanged(next, previous)) return previous;
  if (dryRun)
    return { ...next, metadata: { ...next.metadata, resourceVersion: previous.metadata?.resourceVersion ?? "" } };
  const stamp = (revision: number): KubeObject => stamped(call.served, next, revision);
  // Whoever takes the last finalizer off an object that is being deleted removes it.
  if (isDeletable(call.served.strategy.resource, next))
    return core.store.delete(entry.key, entry.revision, stamp).value;
  return core.store.update(entry.key, entry.revision, stamp).value;
}

function isUnchanged(next: UnstructuredObject, previous: KubeObject): boolean {
  const { managedFields: a, resourceVersion: _next, ...nextMeta } = next.metadata ?? {};
  const { managedFields: b, resourceVersion: _previous, ...previousMeta } = previous.metadata ?? {};
  const same = jsonEquals({ ...next, metadata: nextMeta }, { ...previous, metadata: previousMeta });
  return same && sameManagedFields(a ?? [], b ?? []);
}

/** As it is stored. */
export function stamped({ strategy }: ServedResource, object: KubeObject, revision: number): KubeObject {
  object.metadata = { ...object.metadata, resourceVersion: String(revision) };
  return strategy.storedAs?.toStored(object) ?? object;
}

interface Change {
  readonly next: UnstructuredObject;
  readonly previous?: KubeObject;
  readonly options: WriteOptions;
}

/** Of an object that nobody wrote yet. */
const NO_OWNER: ManagedFieldsEntry = { operation: "Update", fieldsV1: {} };

export function recordManager(core: Core, call: Call, { next, previous, options }: Change): void {
  const metadata = metadataOf(next);
  // To create an object is to change the empty one of its kind.
  const { empty = {} } = call.served.strategy;
  const before = previous ?? { ...emptyPart(next, empty), metadata: { managedFields: [NO_OWNER] } };
  const managedFields = trackUpdate(call.served.schema(), before, next, {
    manager: options.fieldManager,
    apiVersion: apiVersionOf(call.served.strategy.resource),
    subresource: call.subresource,
    // As upstream: who scales an object does so at no time.
    time: call.subresource === "scale" ? "" : timestamp(core.clock.epochMs()),
  });
  for (const entry of managedFields) if (entry.time === "") delete entry.time;
  if (managedFields.length === 0) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
}

interface AdmissionInput {
  readonly operation: AdmissionRequest["operation"];
  readonly object: UnstructuredObject | undefined;
  readonly oldObject?: KubeObject;
  readonly options: { readonly dryRun: boolean; readonly raw: Readonly<Record<string, unknown>> };
}

export function admissionRequest(call: Call, input: AdmissionInput): AdmissionRequest {
  const { resource } = call.served.strategy;
  return {
    operation: input.operation,
    resource,
    kind: { group: resource.group, version: resource.version, kind: resource.kind },
    subresource: call.subresource,
    namespace: call.namespace,
    name: input.object?.metadata?.name ?? call.name,
    object: input.object,
    oldObject: input.oldObject as UnstructuredObject | undefined,
    options: input.options.raw,
    dryRun: input.options.dryRun,
    user: call.user,
    warnings: call.warnings,
    annotate: call.annotate,
  };
}

export async function admit(
  core: Core,
  call: Call,
  request: AdmissionRequest,
  object: UnstructuredObject,
): Promise<UnstructuredObject> {
  const plugins = core.parts().admission.filter((plugin) => plugin.admit !== undefined && plugin.handles(request));
  if (plugins.length === 0) return object;
  for (const plugin of plugins) await plugin.admit?.(call.ctx, request);
  const admitted = request.object;
  // A deletion has no object to change: what is stored stays as it is.
  if (admitted === undefined) return object;
  // A plugin or webhook may have left out what defaulting fills.
  call.served.strategy.setDefaults?.(admitted);
  return admitted;
}

export async function validateAdmission(
  core: Core,
  call: Call,
  request: AdmissionRequest,
  object: UnstructuredObject | undefined,
): Promise<void> {
  request.object = object;
  for (const plugin of core.parts().admission) {
    if (plugin.validate !== undefined && plugin.handles(request)) await plugin.validate(call.ctx, request);
  }
}

function throwIfInvalid(call: Call, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  // What several checks found is said once.
  const once = new Map<string, FieldError>();
  for (const error of errors) {
    const text = `${error.field}: ${error.message}`;
    if (!once.has(text)) once.set(text, error);
  }
  throw invalidObject(call.served.strategy.resource, object.metadata?.name ?? "", [...once.values()]);
}

export function requireVersion(call: Call, object: KubeObject): void {
  if (!call.served.custom || (object.metadata?.resourceVersion ?? "") !== "") return;
  const { group, plural } = call.served.strategy.resource;
  throw invalidObject({ group, kind: plural }, call.name, [
    invalid("metadata.resourceVersion", 0, "must be specified for an update"),
  ]);
}

export function methodNotAllowed(): Error {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}
