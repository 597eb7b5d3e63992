/**
 * What the generic handlers need to know of one resource. Built-in kinds implement it in resources/<group>/<kind>.ts,
 * custom resources get one made from their CRD (crd/strategy.ts).
 * Kubernetes: staging/src/k8s.io/apiserver/pkg/registry/rest (create.go, update.go), pkg/registry/<group>/<kind>/strategy.go
 */
import type { FieldError } from "#machinery/field-error.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { JsonObject, Schema } from "#machinery/schema/schema.ts";

export interface Column {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  readonly format?: string;
  readonly description?: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority?: number;
}

export type Cell = string | number | boolean | null;

export interface TableColumns<T> {
  readonly columns: readonly Column[];
  /** One cell per column; `nowMs` is the time ages are reckoned from. */
  cells(object: T, nowMs: number): Cell[];
}

export interface ScaleMapping {
  /** Dotted paths inside the object: `spec.replicas`. */
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  /** Path of a string selector or of a LabelSelector. */
  readonly labelSelectorPath?: string;
}

export interface StoredForm {
  readonly resource: Resource;
  toStored(object: KubeObject): KubeObject;
  fromStored(object: KubeObject): KubeObject;
}

/**
 * `T` is the kind's static type. Functions that change an object change it in place: handlers pass private copies.
 * Validators return all problems found and never throw. What a field may contain at all (types, unknown fields) is
 * checked before by the schema.
 */
export interface ResourceStrategy<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>;
  readonly singular: string;
  /** Objects that are stored in the form of another resource: those of `events.k8s.io` are core Events. */
  readonly storedAs?: StoredForm;
  /** As discovery tells it; by default the served one. */
  readonly storageVersion?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  /** Default: get, list, watch, create, update, patch, delete, deletecollection. */
  readonly verbs?: readonly string[];
  /** Whether `/status` exists; then main-resource writes keep the old status and status writes keep the rest. */
  readonly status?: boolean;
  /** Whether a creator's status is kept: kubelets come with that of their node. */
  readonly statusOnCreate?: boolean;
  /** Whether writes of the status leave labels and annotations alone. */
  readonly statusOnly?: boolean;
  /** Top-level fields that only subresources change. */
  readonly fixed?: readonly string[];
  /** What encoded objects have though nobody set it, besides empty structs (handlers/empty-fields.ts): `{ rules: null }`. */
  readonly empty?: JsonObject;
  /** The types of a kind that has no schema: wrong ones are refused, unknown fields kept. */
  readonly shape?: Schema;
  /** What is added to a stored object that is read: defaults that came with a later definition. */
  fillStored?(object: KubeObject): KubeObject;
  readonly scale?: ScaleMapping;
  /** Default grace in seconds of a graceful deletion for this object; undefined: deleted at once. Only pods use it. */
  gracePeriodSeconds?(object: T): number | undefined;
  /** Propagation used when the client names none. Default: background. */
  readonly defaultPropagation?: "Orphan" | "Background" | "Foreground";
  /** Sent as a warning when the client names no propagation. */
  readonly defaultPropagationWarning?: string;
  /** A finalizer that the deletion itself adds. */
  readonly deletionFinalizer?: string;
  /** Name rule; returns messages. Default: DNS-1123 subdomain. */
  validateName?(name: string): string[];
  setDefaults?(object: T): void;
  prepareForCreate?(object: T): void;
  validate?(object: T): FieldError[];
  prepareForUpdate?(next: T, previous: T): void;
  validateUpdate?(next: T, previous: T): FieldError[];
  prepareForStatusUpdate?(next: T, previous: T, nowMs: number): void;
  validateStatusUpdate?(next: T, previous: T): FieldError[];
  /**
   * Whether `metadata.generation` is kept: it grows whenever anything but metadata and status changes, unless it is
   * constant. Default true when `status`.
   */
  readonly generation?: boolean | "constant";
  /** Field selectors besides metadata.name and metadata.namespace; they read the stored form. */
  readonly fieldLabels?: Readonly<Record<string, (object: T) => string>>;
  readonly table?: TableColumns<T>;
  /** Sent as a warning with every answer: `v1 Endpoints is deprecated in v1.33+; use …`. */
  readonly deprecation?: string;
  /** Warnings sent as `Warning: 299` headers. */
  warnings?(object: T): string[];
}

/**
 * A strategy with its object type forgotten, as the registry holds it. The handlers check that an object is of the
 * strategy's kind before they pass it in, which is what makes forgetting safe.
 */
export type AnyStrategy = ResourceStrategy<KubeObject>;

export function anyStrategy<T extends KubeObject>(strategy: ResourceStrategy<T>): AnyStrategy {
  return strategy as unknown as AnyStrategy;
}
