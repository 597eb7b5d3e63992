/**
 * Which form of an answer the client accepts, and objects in that form.
 * Kubernetes: apiserver/pkg/endpoints/handlers/negotiation/negotiate.go, handlers/response.go
 */
import type { KubeObject } from "#machinery/meta.ts";
import { failure } from "#machinery/status-error.ts";
import type { AnyStrategy } from "./strategy.ts";
import { type IncludeObject, toPartial, toTable } from "./table/table.ts";

export interface Representation {
  readonly form: "object" | "table" | "partial";
  readonly yaml: boolean;
  readonly includeObject: IncludeObject;
}

/** The first acceptable clause of the Accept header; protobuf is skipped, since every client names JSON after it. */
export function negotiate(accept: string, query: URLSearchParams): Representation {
  const include = query.get("includeObject");
  const includeObject: IncludeObject = include === "None" || include === "Object" ? include : "Metadata";
  for (const clause of accept === "" ? ["application/json"] : accept.split(",")) {
    const [type = "", ...parameters] = clause.split(";").map((part) => part.trim());
    const yaml = type === "application/yaml";
    if (!yaml && !["application/json", "*/*", "application/*"].includes(type)) continue;
    const as = Object.fromEntries(parameters.map((parameter) => parameter.split("=") as [string, string]));
    if (as.as === undefined) return { form: "object", yaml, includeObject };
    if (as.g !== "meta.k8s.io" || as.v !== "v1") continue;
    if (as.as === "Table") return { form: "table", yaml, includeObject };
    if (as.as === "PartialObjectMetadata" || as.as === "PartialObjectMetadataList") {
      return { form: "partial", yaml, includeObject };
    }
  }
  const message =
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf";
  throw failure(406, "NotAcceptable", message);
}

export interface Rendering {
  readonly strategy: AnyStrategy;
  readonly representation: Representation;
  readonly nowMs: number;
}

/** A single object, or a list, in the wanted form. Status objects stay as they are. */
export function render(body: object, { strategy, representation, nowMs }: Rendering): object {
  const { form, includeObject } = representation;
  const { kind, items, metadata } = body as { kind?: string; items?: KubeObject[]; metadata?: object };
  if (form === "object" || kind === "Status" || kind === "Scale") return body;
  const isList = kind === `${strategy.resource.kind}List` && Array.isArray(items);
  if (form === "table") {
    const { resourceVersion } = (metadata ?? {}) as { resourceVersion?: string };
    const tableMeta = isList ? (metadata ?? {}) : { ...(resourceVersion !== undefined && { resourceVersion }) };
    const objects = isList ? items : [body as KubeObject];
    return toTable({ strategy, objects, metadata: tableMeta, includeObject, nowMs });
  }
  if (!isList) return toPartial(body as KubeObject);
  return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items: items.map(toPartial) };
}
