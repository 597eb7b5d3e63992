/**
 * What a tenant's control plane may write: replicas of its own objects, and after creation their specs. Labels, annotations
 * and finalizers of Liqo on them are this cluster's: controllers go by them. For ResourceSlices, NamespaceMaps and Renews.
 * Upstream: pkg/webhooks/resourceslice (one label and one annotation); its replicator writes specs only, too
 */
import * as labels from "#api/labels.ts";
import { isLiqoKey } from "#api/liqo-keys.ts";
import { CONTROL_PLANE_GROUP } from "#forge/names.ts";
import type { AdmissionRequest } from "#kube/webhook-server/review.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import type { UnstructuredObject } from "#machinery/meta.ts";
import { TenantNamespaces } from "#trust/tenant-namespaces.ts";
import type { Deps } from "../deps.ts";

export function validateReplica(deps: Pick<Deps, "informers">): AdmissionHandler {
  const tenants = new TenantNamespaces(deps.informers);
  return async (_ctx, request) => {
    const problem = replicaProblem(request, tenants.peerOf(request.namespace));
    return problem === undefined ? ALLOWED : denied(problem);
  };
}

/** Why a tenant may not write this; undefined when it may, or the writer is none. `tenant`: whose namespace it is. */
export function replicaProblem(request: AdmissionRequest, tenant: string | undefined): string | undefined {
  if (request.userInfo.groups?.includes(CONTROL_PLANE_GROUP) !== true) return undefined;
  const { object, oldObject } = request;
  if (object === undefined || object === null) return undefined;
  if (tenant === undefined) return `namespace ${request.namespace} is not a tenant namespace`;
  return oldObject === undefined || oldObject === null
    ? creationProblem(object, tenant)
    : changeProblem(object, oldObject);
}

function creationProblem({ metadata }: UnstructuredObject, tenant: string): string | undefined {
  const expected = {
    [labels.REPLICATED]: "true",
    [labels.REPLICATION]: "false",
    [labels.ORIGIN_ID]: tenant,
    [labels.REMOTE_CLUSTER_ID]: tenant,
  };
  for (const [key, value] of Object.entries(expected)) {
    const found = metadata?.labels?.[key];
    if (found !== value)
      return `a tenant creates replicas only: label ${key} must be "${value}", found ${quoted(found)}`;
  }
  if ((metadata?.finalizers ?? []).length > 0) return "finalizers of a replica cannot be set by a tenant";
  if ((metadata?.ownerReferences ?? []).length > 0) return "ownerReferences of a replica cannot be set by a tenant";
  return undefined;
}

function changeProblem(
  { metadata: next }: UnstructuredObject,
  { metadata: before }: UnstructuredObject,
): string | undefined {
  for (const field of ["labels", "annotations"] as const) {
    const keys = Object.keys({ ...before?.[field], ...next?.[field] });
    const changed = keys.find((key) => isLiqoKey(key) && before?.[field]?.[key] !== next?.[field]?.[key]);
    if (changed !== undefined) return `${field.slice(0, -1)} ${changed} cannot be changed by a tenant`;
  }
  for (const field of ["finalizers", "ownerReferences"] as const) {
    if (JSON.stringify(before?.[field] ?? []) !== JSON.stringify(next?.[field] ?? []))
      return `${field} of a replica cannot be changed by a tenant`;
  }
  return undefined;
}

function quoted(value: string | undefined): string {
  return value === undefined ? "none" : `"${value}"`;
}
