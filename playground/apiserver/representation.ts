/**
 * Which form of an answer the client accepts, and objects in that form.
 * Kubernetes: apiserver/pkg/endpoints/handlers/negotiation/negotiate.go, handlers/response.go
 */
import type { KubeObject } from "#machinery/meta.ts";
import { badRequest, failure } from "#machinery/status-error.ts";
import { goPackage } from "./handlers/decode.ts";
import type { AnyStrategy } from "./strategy.ts";
import { type IncludeObject, toPartial, toTable } from "./table/table.ts";

export interface Representation {
  readonly form: "object" | "table" | "partial" | "partialList";
  /** Of a table: that of meta.k8s.io. */
  readonly version: string;
  readonly yaml: boolean;
  /** As asked for; "" is Metadata. */
  readonly includeObject: string;
}

const FORMS: Readonly<Record<string, Representation["form"]>> = {
  Table: "table",
  PartialObjectMetadata: "partial",
  PartialObjectMetadataList: "partialList",
};

/** The first acceptable clause of the Accept header; protobuf is skipped, since every client names JSON after it. */
export function negotiate(accept: string, query: URLSearchParams): Representation {
  const includeObject = query.get("includeObject") ?? "";
  for (const clause of accept === "" ? ["application/json"] : accept.split(",")) {
    const [type = "", ...parameters] = clause.split(";").map((part) => part.trim());
    const yaml = type === "application/yaml";
    if (!yaml && !["application/json", "*/*", "application/*"].includes(type)) continue;
    const as = Object.fromEntries(parameters.map((parameter) => parameter.split("=") as [string, string]));
    const { v: version = "" } = as;
    if (as.as === undefined) return { form: "object", version, yaml, includeObject };
    const form = FORMS[as.as];
    if (form === undefined || as.g !== "meta.k8s.io" || !["v1", "v1beta1"].includes(version)) continue;
    return { form, version, yaml, includeObject };
  }
  const message =
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf";
  throw failure(406, "NotAcceptable", message, {});
}

export interface Rendering {
  readonly strategy: AnyStrategy;
  readonly representation: Representation;
  readonly nowMs: number;
}

/** A single object, or a list, in the wanted form. Status objects stay as they are. Throws 400 or 406. */
export function render(body: object, { strategy, representation, nowMs }: Rendering): object {
  const { form, version } = representation;
  const { kind, items, metadata } = body as { kind?: string; items?: KubeObject[]; metadata?: object };
  if (form === "object" || kind === "Status" || kind === "Scale") return body;
  const isList = kind === `${strategy.resource.kind}List` && Array.isArray(items);
  const apiVersion = `meta.k8s.io/${version}`;
  if (form === "table") {
    const {
      resourceVersion,
      continue: next,
      ...rest
    } = (metadata ?? {}) as { resourceVersion?: string; continue?: string };
    const tableMeta = {
      ...(resourceVersion !== undefined && { resourceVersion }),
      ...(isList && next !== undefined && next !== "" && { continue: next }),
      ...(isList && rest),
    };
    const objects = isList ? items : [body as KubeObject];
    const includeObject = parseInclude(representation.includeObject);
    return toTable({ strategy, objects, metadata: tableMeta, includeObject, nowMs, version });
  }
  if (isList !== (form === "partialList")) throw wrongForm(strategy, isList);
  if (!isList) return toPartial(body as KubeObject, version);
  const partials = items.map((item) => toPartial(item, version));
  return { kind: "PartialObjectMetadataList", apiVersion, metadata, items: partials };
}

function parseInclude(text: string): IncludeObject {
  if (text === "") return "Metadata";
  if (text === "None" || text === "Object" || text === "Metadata") return text;
  const why = `includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`;
  throw badRequest(`Unable to convert to Table as requested: ${why}`);
}

function wrongForm({ resource }: AnyStrategy, isList: boolean): Error {
  const goType = `${goPackage(resource.group)}.${resource.kind}`;
  return failure(
    406,
    "NotAcceptable",
    isList
      ? `you requested PartialObjectMetadata, but the requested object is a list (*${goType}List)`
      : `you requested PartialObjectMetadataList, but the requested object is not a list (*${goType})`,
  );
}
