/**
 * Objects as rows of cells and as bare metadata: what `kubectl get` and metadata informers ask for.
 * Kubernetes: apiserver/pkg/endpoints/handlers/response.go, apimachinery/pkg/apis/meta/v1/types.go (Table)
 */
import { apiVersionOf } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { AnyStrategy, TableColumns } from "../strategy.ts";
import { humanDuration } from "./duration.ts";

export type IncludeObject = "None" | "Metadata" | "Object";

const DEFAULT_COLUMNS: TableColumns<KubeObject> = {
  columns: [
    { name: "Name", type: "string", format: "name", description: "Name must be unique within a namespace." },
    { name: "Age", type: "string", description: "CreationTimestamp is the server time when this object was created." },
  ],
  cells: (object, nowMs) => [object.metadata?.name ?? "", ageOf(object, nowMs)],
};

export function ageOf(object: KubeObject, nowMs: number): string {
  const created = object.metadata?.creationTimestamp;
  return created === undefined ? "<unknown>" : humanDuration(nowMs - Date.parse(created));
}

export interface TableInput {
  readonly strategy: AnyStrategy;
  readonly objects: readonly KubeObject[];
  /** Of the list, or of the object shown alone. */
  readonly metadata: object;
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
  /** Of meta.k8s.io. */
  readonly version: string;
}

export function toTable({ strategy, objects, metadata, includeObject, nowMs, version }: TableInput): object {
  const table = strategy.table ?? DEFAULT_COLUMNS;
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    columnDefinitions: table.columns.map((column) => ({
      name: column.name,
      type: column.type,
      format: column.format ?? "",
      description: column.description ?? "",
      priority: column.priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: table.cells(object, nowMs),
      ...(includeObject === "Object" && {
        object: { kind: strategy.resource.kind, apiVersion: apiVersionOf(strategy.resource), ...object },
      }),
      ...(includeObject === "None" && { object: null }),
      ...(includeObject === "Metadata" && { object: toPartial(object, version) }),
    })),
  };
}

export function toPartial(object: KubeObject, version: string): object {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}
