/**
 * DELETE of one object and of a collection: preconditions, grace, finalizers, propagation.
 * Kubernetes: apiserver/pkg/endpoints/handlers/delete.go, apiserver/pkg/registry/rest/delete.go
 */
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";
import type { Status } from "#machinery/status-error.ts";
import { conflict, modifiedConflict, notFound } from "#machinery/status-error.ts";
import { type Entry, StoreError } from "#playground/store/store.ts";
import { type Call, type Core, inVersion, keyFor, type Reply, timestamp } from "../core.ts";
import type { AnyStrategy } from "../strategy.ts";
import { isDeletable, isHeld, isNamespace, isShownWhenDeleted } from "./deletion-state.ts";
import { listItem, selectEntries } from "./list.ts";
import { metadataOf } from "./metadata.ts";
import { type DeleteOptions, deleteOptions } from "./options.ts";
import { admissionRequest, admit, stamped, validateAdmission } from "./write.ts";

const MAX_ATTEMPTS = 20;
const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

export async function handleDelete(core: Core, call: Call): Promise<Reply> {
  const options = await deleteOptions(call);
  const { defaultPropagationWarning } = call.served.strategy;
  if (options.propagation === undefined && defaultPropagationWarning !== undefined)
    call.warnings.push(defaultPropagationWarning);
  const { object, gone } = await deleteObject(core, call, options);
  const isShown = !gone || isShownWhenDeleted(call.served.strategy.resource);
  return { code: 200, body: isShown ? inVersion(call.served, object) : successStatus(call, object) };
}

export async function handleDeleteCollection(core: Core, call: Call): Promise<Reply> {
  const options = await deleteOptions(call);
  const { entries, revision } = selectEntries(core, call);
  const items: KubeObject[] = [];
  for (const { value } of entries) {
    const { name = "", namespace = "" } = value.metadata ?? {};
    try {
      items.push(listItem(call, (await deleteObject(core, { ...call, name, namespace }, options)).object));
    } catch (error) {
      if (!(error instanceof Error && "reason" in error && error.reason === "NotFound")) throw error;
    }
  }
  const { kind, group, version } = call.served.strategy.resource;
  const apiVersion = group === "" ? version : `${group}/${version}`;
  return {
    code: 200,
    body: {
      kind: `${kind}List`,
      apiVersion,
      metadata: { ...(call.served.custom && { continue: "" }), resourceVersion: String(revision) },
      items,
    },
  };
}

export interface Deletion {
  /** The last state: removed, or marked and still stored. */
  readonly object: KubeObject;
  readonly gone: boolean;
}

export async function deleteObject(core: Core, call: Call, options: DeleteOptions): Promise<Deletion> {
  const { strategy } = call.served;
  const key = keyFor(call.served, call.namespace, call.name);
  for (let attempt = 1; ; attempt++) {
    const entry = core.store.get(key);
    if (entry === undefined) throw notFound(strategy.resource, call.name);
    const current = inVersion(call.served, entry.value);
    checkPreconditions(call, current, options);
    const request = admissionRequest(call, { operation: "DELETE", object: undefined, oldObject: current, options });
    await admit(core, call, request, current as UnstructuredObject);
    await validateAdmission(core, call, request, undefined);
    try {
      return remove(core, call, { entry, current, options });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (error.reason === "missing") throw notFound(strategy.resource, call.name);
      if (attempt === MAX_ATTEMPTS) throw modifiedConflict(strategy.resource, call.name);
    }
  }
}

function checkPreconditions(call: Call, current: KubeObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions;
  const { resource } = call.served.strategy;
  const metadata = current.metadata ?? {};
  if (uid !== undefined && uid !== metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid ?? ""}). The object might have been deleted and then recreated`;
    throw conflict({ group: resource.group, plural: resource.kind }, call.name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ""}). The object might have been modified`;
    throw conflict({ group: resource.group, plural: resource.kind }, call.name, why);
  }
}

interface Removal {
  readonly entry: Entry<KubeObject>;
  readonly current: KubeObject;
  readonly options: DeleteOptions;
}

function remove(core: Core, call: Call, { entry, current, options }: Removal): Deletion {
  const { strategy } = call.served;
  const next = planDeletion(strategy, current, { options, nowMs: core.clock.epochMs() });
  const gone = isDeletable(strategy.resource, next);
  if (options.dryRun) return { object: gone ? current : next, gone };
  const before = JSON.stringify(current);
  if (!gone && JSON.stringify(next) === before) return { object: current, gone };
  const stamp = (revision: number): KubeObject => stamped(call.served, next, revision);
  if (!gone) return { object: core.store.update(entry.key, entry.revision, stamp).value, gone };
  // Watches see the object as it last was, not as the deletion marked it; so do callers, but of graceful deletions.
  const last = (revision: number): KubeObject => stamped(call.served, structuredClone(current), revision);
  const { value } = core.store.delete(entry.key, entry.revision, last);
  if (strategy.gracePeriodSeconds === undefined) return { object: value, gone };
  const { deletionTimestamp, deletionGracePeriodSeconds } = next.metadata ?? {};
  const isFirst = current.metadata?.deletionTimestamp === undefined;
  const generation = (current.metadata?.generation ?? 0) + (isFirst ? 1 : 0);
  const marks = { generation, deletionTimestamp, deletionGracePeriodSeconds } as KubeObject["metadata"];
  return { object: { ...value, metadata: { ...value.metadata, ...marks } }, gone };
}

/** The object with everything a deletion marks on it. */
export function planDeletion(
  strategy: AnyStrategy,
  current: KubeObject,
  { options, nowMs }: { readonly options: DeleteOptions; readonly nowMs: number },
): KubeObject {
  const next = structuredClone(current);
  const metadata = metadataOf(next);
  const pending = metadata.deletionTimestamp !== undefined;
  const own = pending || strategy.deletionFinalizer === undefined ? [] : [strategy.deletionFinalizer];
  const present = new Set([...(metadata.finalizers ?? []), ...own]);
  metadata.finalizers = finalizersFor(strategy, [...present], options);
  if (metadata.finalizers.length === 0) delete metadata.finalizers;
  const grace = graceFor(strategy, next, options);
  if (pending) {
    // A deletion under way can only be hurried.
    const left = metadata.deletionGracePeriodSeconds ?? 0;
    if (grace < left) {
      metadata.deletionGracePeriodSeconds = grace;
      metadata.deletionTimestamp = timestamp(nowMs + grace * 1000);
    }
    return next;
  }
  metadata.deletionTimestamp = timestamp(nowMs + grace * 1000);
  if (!isNamespace(strategy.resource)) metadata.deletionGracePeriodSeconds = grace;
  if (metadata.generation !== undefined && (grace > 0 || isHeld(strategy.resource, next))) metadata.generation++;
  if (isNamespace(strategy.resource)) {
    const { status } = next as UnstructuredObject;
    (next as UnstructuredObject).status = { ...(status as object | undefined), phase: "Terminating" };
  }
  return next;
}

function graceFor(strategy: AnyStrategy, object: KubeObject, options: DeleteOptions): number {
  const usual = strategy.gracePeriodSeconds?.(object);
  if (usual === undefined || usual === 0) return 0;
  return options.gracePeriodSeconds ?? usual;
}

function finalizersFor(strategy: AnyStrategy, present: readonly string[], options: DeleteOptions): string[] {
  const others = present.filter((name) => name !== ORPHAN && name !== FOREGROUND);
  const implied = present.includes(ORPHAN) ? "Orphan" : present.includes(FOREGROUND) ? "Foreground" : undefined;
  const propagation = options.propagation ?? implied ?? strategy.defaultPropagation ?? "Background";
  if (propagation === "Orphan") return [...others, ORPHAN];
  return propagation === "Foreground" ? [...others, FOREGROUND] : others;
}

function successStatus(call: Call, object: KubeObject): Status {
  const { group, plural } = call.served.strategy.resource;
  const uid = object.metadata?.uid;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name: call.name, ...(group !== "" && { group }), kind: plural, ...(uid !== undefined && { uid }) },
  };
}
