/**
 * The paths of one resource as OpenAPI operations: as much as kubectl reads, which is kinds, query parameters and
 * patch types. Kubernetes: apiserver/pkg/endpoints/installer.go
 */
import type { JsonObject } from "#machinery/schema/schema.ts";
import { DEFAULT_VERBS } from "../discovery/discovery.ts";
import type { ServedResource } from "../registry.ts";

const PATCH_TYPES = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
const STRATEGIC = "application/strategic-merge-patch+json";

export function pathsOf(served: ServedResource): JsonObject {
  const { resource, verbs = DEFAULT_VERBS } = served.strategy;
  const root = resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const base = resource.namespaced ? `${root}/namespaces/{namespace}/${resource.plural}` : `${root}/${resource.plural}`;
  const collection: JsonObject = {
    ...(verbs.includes("list") && { get: operation(served, "list", []) }),
    ...(verbs.includes("create") && { post: operation(served, "post", WRITE) }),
    ...(verbs.includes("deletecollection") && { delete: operation(served, "deletecollection", ["dryRun"]) }),
  };
  const single: JsonObject = {
    ...(verbs.includes("get") && { get: operation(served, "get", []) }),
    ...(verbs.includes("update") && { put: operation(served, "put", WRITE) }),
    ...(verbs.includes("patch") && { patch: patchOperation(served) }),
    ...(verbs.includes("delete") && { delete: operation(served, "delete", ["dryRun"]) }),
  };
  return { [base]: collection, [`${base}/{name}`]: single };
}

const WRITE = ["dryRun", "fieldManager", "fieldValidation"];

function operation(
  { strategy: { resource } }: ServedResource,
  action: string,
  parameters: readonly string[],
): JsonObject {
  const { group, version, kind } = resource;
  return {
    operationId: `${action}${kind}`,
    parameters: parameters.map((name) => ({ name, in: "query", schema: { type: "string", uniqueItems: true } })),
    responses: { 200: { description: "OK" } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, kind, version },
  };
}

function patchOperation(served: ServedResource): JsonObject {
  const types = served.custom ? PATCH_TYPES : [...PATCH_TYPES, STRATEGIC];
  const content = Object.fromEntries(types.map((type) => [type, { schema: { type: "object" } }]));
  return { ...operation(served, "patch", [...WRITE, "force"]), requestBody: { content, required: true } };
}
