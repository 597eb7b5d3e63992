/**
 * Whether an object that is being deleted may go: what still holds it are grace, finalizers and, of namespaces,
 * `spec.finalizers`. Kubernetes: apiserver/pkg/registry/generic/registry/store.go (deletionFinalizersForGarbageCollection)
 */
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject, UnstructuredObject } from "#machinery/meta.ts";
import { isJsonObject } from "#machinery/schema/schema.ts";

export function isDeletable(resource: Resource, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata ?? {};
  return deletionTimestamp !== undefined && (deletionGracePeriodSeconds ?? 0) === 0 && !isHeld(resource, object);
}

/** Whether finalizers keep the object. */
export function isHeld(resource: Resource, object: KubeObject): boolean {
  if ((object.metadata?.finalizers ?? []).length > 0) return true;
  return isNamespace(resource) && namespaceFinalizers(object).length > 0;
}

/** Kinds whose deletion is answered with the object as it was, others with a Status (ReturnDeletedObject in pkg/registry). */
const SHOWN_WHEN_DELETED = new Set([
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
  "storage.k8s.io/csidrivers",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/storageclasses",
  "storage.k8s.io/volumeattachments",
]);

export function isShownWhenDeleted({ group, plural }: Resource): boolean {
  return SHOWN_WHEN_DELETED.has(`${group}/${plural}`);
}

export function isNamespace(resource: Resource): boolean {
  return resource.group === "" && resource.plural === "namespaces";
}

function namespaceFinalizers(object: KubeObject): readonly unknown[] {
  const { spec } = object as UnstructuredObject;
  return isJsonObject(spec) && Array.isArray(spec.finalizers) ? spec.finalizers : [];
}
