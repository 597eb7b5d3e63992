/**
 * Everything the server itself does to `metadata`: filling it at creation, keeping it at updates, validating it.
 * Kubernetes: apiserver/pkg/registry/rest/{create,update,meta}.go, apimachinery/pkg/api/validation/objectmeta.go
 */
import { randomBytes, randomUUID } from "node:crypto";
import { type FieldError, forbidden, invalid, required } from "#machinery/field-error.ts";
import type { KubeObject, ObjectMeta, UnstructuredObject } from "#machinery/meta.ts";
import { dns1123Subdomain, labelValue, qualifiedName } from "#machinery/names.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { badRequest, conflict } from "#machinery/status-error.ts";
import { type Call, timestamp } from "../core.ts";
import type { AnyStrategy } from "../strategy.ts";

// Kubernetes: apiserver/pkg/storage/names/generate.go: no vowels, no look-alikes
const SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;
const MAX_GENERATED_BASE = 63 - SUFFIX_LENGTH;
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** Groups whose kinds are checked by pkg/apis/core/validation; definitions and custom resources are not. */
const WITH_QUALIFIED_FINALIZERS = new Set([
  "",
  "apps",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "networking.k8s.io",
  "node.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);
/** The only ones without a domain. */
const STANDARD_FINALIZERS = new Set(["kubernetes", "orphan", "foregroundDeletion"]);

const OTHER_NAMESPACE = "the namespace of the provided object does not match the namespace sent on the request";

export function metadataOf(object: KubeObject): ObjectMeta {
  object.metadata ??= {};
  return object.metadata;
}

/** Fills what the server decides; throws 400 when the body contradicts the URL. */
export function fillForCreate(call: Call, object: UnstructuredObject, nowMs: number): void {
  const { strategy } = call.served;
  const metadata = metadataOf(object);
  if (call.name !== "" && metadata.name === undefined) metadata.name = call.name;
  requireNamespace(call, metadata);
  if ((metadata.name ?? "") === "" && (metadata.generateName ?? "") !== "") {
    metadata.name = generateName(metadata.generateName ?? "");
  }
  for (const field of ["resourceVersion", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"]) {
    delete (metadata as Record<string, unknown>)[field];
  }
  metadata.uid = randomUUID();
  metadata.creationTimestamp = timestamp(nowMs);
  if (keepsGeneration(strategy)) metadata.generation = 1;
  else delete metadata.generation;
}

function requireNamespace(call: Call, metadata: ObjectMeta): void {
  if (!call.served.strategy.resource.namespaced) {
    if ((metadata.namespace ?? "") !== "") throw badRequest("namespace must be empty on cluster-scoped resources");
    delete metadata.namespace;
    return;
  }
  if ((metadata.namespace ?? "") === "") metadata.namespace = call.namespace;
  if (metadata.namespace !== call.namespace) {
    throw badRequest(OTHER_NAMESPACE);
  }
}

function keepsGeneration(strategy: AnyStrategy): boolean {
  return (strategy.generation ?? strategy.status ?? false) !== false;
}

export function generateName(base: string): string {
  let suffix = "";
  for (const byte of randomBytes(SUFFIX_LENGTH)) suffix += SUFFIX_ALPHABET[byte % SUFFIX_ALPHABET.length];
  return base.slice(0, MAX_GENERATED_BASE) + suffix;
}

/** Throws 400 when name or namespace of the body are not those of the URL. */
export function requireSameName(call: Call, object: KubeObject): void {
  const metadata = metadataOf(object);
  metadata.name ??= call.name;
  if (metadata.name !== call.name) {
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${call.name})`);
  }
  if (!call.served.strategy.resource.namespaced) {
    delete metadata.namespace;
    return;
  }
  metadata.namespace ??= call.namespace;
  if (metadata.namespace !== call.namespace) {
    throw badRequest(OTHER_NAMESPACE);
  }
}

/** Restores in `next` what clients may not change; returns what they tried to in vain. */
export function keepForUpdate(call: Call, next: UnstructuredObject, previous: KubeObject): FieldError[] {
  const [metadata, old] = [metadataOf(next), previous.metadata ?? {}];
  const isOther = metadata.uid !== undefined && metadata.uid !== "" && metadata.uid !== old.uid;
  const errors = isOther ? [invalid("metadata.uid", metadata.uid, "field is immutable")] : [];
  const { deletionTimestamp } = metadata;
  if (deletionTimestamp !== undefined && old.deletionTimestamp === undefined)
    errors.push(invalid("metadata.deletionTimestamp", deletionTimestamp, "field is immutable"));
  // Whoever sends a whole object says with its uid which one he means.
  if (isOther && call.verb === "update") {
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.uid ?? ""}`;
    const { group, plural } = call.served.strategy.resource;
    const path = [...(call.served.custom ? [group] : []), plural, ...(call.namespace === "" ? [] : [call.namespace])];
    const key = `/registry/${path.join("/")}/${call.name}`;
    const where = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: `;
    throw conflict(call.served.strategy.resource, call.name, where + why);
  }
  for (const field of [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generateName",
  ] as const) {
    const value = old[field];
    if (value === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: value });
  }
  if (old.generation === undefined) delete metadata.generation;
  else metadata.generation = old.generation;
  return errors;
}

/** Grows the generation when anything but metadata and status differs. */
export function bumpGeneration(strategy: AnyStrategy, next: UnstructuredObject, previous: UnstructuredObject): void {
  if (!keepsGeneration(strategy) || strategy.generation === "constant") return;
  const ignored = new Set(["metadata", "apiVersion", "kind", ...(strategy.status === true ? ["status"] : [])]);
  const keys = new Set([...Object.keys(next), ...Object.keys(previous)]);
  for (const key of keys) {
    if (ignored.has(key) || jsonEquals(next[key], previous[key])) continue;
    metadataOf(next).generation = (previous.metadata?.generation ?? 0) + 1;
    return;
  }
}

export function validateMetadata(strategy: AnyStrategy, object: KubeObject): FieldError[] {
  const metadata = object.metadata ?? {};
  const errors: FieldError[] = [];
  const { generateName: base = "" } = metadata;
  // What follows may end in a letter: a dash before it is well placed.
  const problems = (text: string): string[] => strategy.validateName?.(text) ?? dns1123Subdomain(text);
  if (base !== "")
    errors.push(...problems(base.replace(/-$/, "a")).map((why) => invalid("metadata.generateName", base, why)));
  if ((metadata.name ?? "") === "") {
    errors.push(required("metadata.name", "name or generateName is required"));
  } else {
    errors.push(...problems(metadata.name ?? "").map((why) => invalid("metadata.name", metadata.name, why)));
  }
  if (strategy.resource.namespaced && (metadata.namespace ?? "") === "") errors.push(required("metadata.namespace"));
  return [
    ...errors,
    ...validateMaps(metadata),
    ...validateLists(metadata, WITH_QUALIFIED_FINALIZERS.has(strategy.resource.group)),
  ];
}

function validateMaps(metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    errors.push(...qualifiedName(key).map((why) => invalid("metadata.labels", key, why)));
    errors.push(...labelValue(value).map((why) => invalid("metadata.labels", value, why)));
  }
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    errors.push(...qualifiedName(key.toLowerCase()).map((why) => invalid("metadata.annotations", key, why)));
    size += key.length + Buffer.byteLength(value);
  }
  if (size > MAX_ANNOTATIONS_BYTES) {
    const message = `Too long: may not be more than ${MAX_ANNOTATIONS_BYTES} bytes`;
    errors.push({ reason: "FieldValueTooLong", field: "metadata.annotations", message });
  }
  return errors;
}

function validateLists(metadata: ObjectMeta, qualified: boolean): FieldError[] {
  const errors: FieldError[] = [];
  metadata.finalizers?.forEach((finalizer, i) => {
    errors.push(...qualifiedName(finalizer).map((why) => invalid("metadata.finalizers", finalizer, why)));
    if (qualified && !finalizer.includes("/") && !STANDARD_FINALIZERS.has(finalizer)) {
      const why = "name is neither a standard finalizer name nor is it fully qualified";
      errors.push(invalid(`metadata.finalizers[${i}]`, finalizer, why));
    }
  });
  metadata.ownerReferences?.forEach((owner) => {
    for (const field of ["apiVersion", "kind", "name", "uid"] as const) {
      if ((owner[field] ?? "") === "") {
        const why = field === "apiVersion" ? "version must not be empty" : "must not be empty";
        errors.push(invalid(`metadata.ownerReferences.${field}`, owner[field] ?? "", why));
      }
    }
  });
  const controllers = metadata.ownerReferences?.filter((owner) => owner.controller === true) ?? [];
  if (controllers.length > 1) {
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]?.kind}/${controllers[0]?.name} and ${controllers[1]?.kind}/${controllers[1]?.name}`;
    errors.push(invalid("metadata.ownerReferences", controllers, why));
  }
  return errors;
}

/** No finalizer may be added once the object is being deleted. */
export function validateMetadataUpdate(next: KubeObject, previous: KubeObject): FieldError[] {
  if (previous.metadata?.deletionTimestamp === undefined) return [];
  const old = new Set(previous.metadata.finalizers ?? []);
  const added = (next.metadata?.finalizers ?? []).filter((finalizer) => !old.has(finalizer));
  if (added.length === 0) return [];
  const list = `[]string{${added.map((name) => JSON.stringify(name)).join(", ")}}`;
  const detail = "no new finalizers can be added if the object is being deleted, found new finalizers ";
  return [forbidden("metadata.finalizers", detail + list)];
}
