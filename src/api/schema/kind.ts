/** A custom kind: what its CRD says, the resource clients address, and the static type of its objects. */
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject, ObjectMeta } from "#machinery/meta.ts";
import type { JsonSchema, Schema } from "./dsl.ts";

export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly priority?: number;
  readonly description?: string;
}

export const AGE: PrinterColumn = { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" };

export interface KindOptions<S, U> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly scope?: "Namespaced" | "Cluster";
  readonly description: string;
  /** A RequiredSchema makes `spec` compulsory. */
  readonly spec: Schema<S>;
  readonly status?: Schema<U>;
  /** Absent: the kind declares no subresources. */
  readonly subresources?: "status" | "none";
  readonly columns?: readonly PrinterColumn[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** An object of a custom kind. */
export interface CustomObject<S, U> extends KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
  spec?: S;
  status?: U;
}

export interface Kind<S = unknown, U = unknown> extends Resource<CustomObject<S, U>> {
  readonly crd: CrdParts;
}

/** What of a CRD manifest is specific to the kind. */
export interface CrdParts {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly columns: readonly PrinterColumn[];
  readonly subresources: "status" | "none" | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly schema: JsonSchema;
}

export type ObjectOfKind<K> = K extends Resource<infer T> ? T : never;

export function defineKind<S, U = never>(options: KindOptions<S, U>): Kind<S, U> {
  const { group, version, kind, plural, spec, status, scope = "Namespaced" } = options;
  const schema: JsonSchema = {
    description: options.description,
    type: "object",
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: spec.json,
      ...(status !== undefined && { status: status.json }),
    },
    ...(spec.isRequired && { required: ["spec"] }),
  };
  const crd: CrdParts = {
    singular: kind.toLowerCase(),
    shortNames: options.shortNames ?? [],
    scope,
    columns: options.columns ?? [],
    subresources: options.subresources,
    labels: options.labels ?? {},
    schema,
  };
  return { group, version, plural, kind, namespaced: scope === "Namespaced", crd };
}
