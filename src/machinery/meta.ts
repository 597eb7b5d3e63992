/**
 * The shape shared by all Kubernetes objects. In memory an object is the JSON on the wire (timestamps are strings).
 * Kubernetes: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go
 */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  apiVersion?: string;
  time?: string;
  fieldsType?: string;
  fieldsV1?: object;
  subresource?: string;
}

export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any API object: what generic code may rely on. Kinds with static types extend it. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** Labels and annotations for many objects. */
export interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The object with those marks that it does not set itself. */
export function withMarks<T extends KubeObject>(object: T, { labels = {}, annotations = {} }: Marks): T {
  if (Object.keys(labels).length + Object.keys(annotations).length === 0) return object;
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...labels, ...metadata?.labels },
      ...(Object.keys(annotations).length > 0 && { annotations: { ...annotations, ...metadata?.annotations } }),
    },
  };
}

/** An object as plain JSON, when its kind is only known at run time. */
export type UnstructuredObject = KubeObject & { [field: string]: unknown };

export interface KubeList<T> {
  apiVersion: string;
  kind: string;
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number };
  items: T[];
}

/** What identifies an object inside its resource. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

export function keyOf(object: KubeObject): ObjectKey {
  const { name, namespace } = object.metadata ?? {};
  if (name === undefined) throw new TypeError(`${object.kind ?? "object"} has no metadata.name`);
  return namespace === undefined || namespace === "" ? { name } : { namespace, name };
}

/** `namespace/name`, or `name` for cluster-scoped objects: client-go's MetaNamespaceKeyFunc. */
export function formatKey(key: ObjectKey): string {
  return key.namespace === undefined || key.namespace === "" ? key.name : `${key.namespace}/${key.name}`;
}

export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/**
 * Whether a resourceVersion is later than another of the same cluster; false when one is missing.
 * Kubernetes: KEP-5504, they are decimal numbers without leading zeros.
 */
export function isLater(revision: string | undefined, than: string | undefined): boolean {
  if (revision === undefined || than === undefined) return false;
  return revision.length === than.length ? revision > than : revision.length > than.length;
}

/** The owner with `controller: true`, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata?.ownerReferences?.find((owner) => owner.controller === true);
}

/** A reference that makes `owner` the controller of a dependent, as metav1.NewControllerRef. */
export function controllerReference(owner: KubeObject, blockOwnerDeletion = true): OwnerReference {
  const { apiVersion = "", kind = "", metadata } = owner;
  return {
    apiVersion,
    kind,
    name: metadata?.name ?? "",
    uid: metadata?.uid ?? "",
    controller: true,
    blockOwnerDeletion,
  };
}
