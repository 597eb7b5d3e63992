/** Upstream: pkg/webhooks/tenant */
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import * as labels from "#api/labels.ts";
import { type AdmissionHandler, ALLOWED, denied } from "#kube/webhook-server/server.ts";
import { namespaces } from "#machinery/builtin.ts";
import type { Deps } from "../deps.ts";

export const mutateTenant: AdmissionHandler = async (_ctx, request) => {
  const tenant = request.object as Tenant | undefined;
  const clusterId = tenant?.spec?.clusterID;
  if (
    tenant === undefined ||
    clusterId === undefined ||
    tenant.metadata?.labels?.[labels.REMOTE_CLUSTER_ID] !== undefined
  )
    return ALLOWED;
  const value = { ...tenant.metadata?.labels, [labels.REMOTE_CLUSTER_ID]: clusterId };
  return { allowed: true, patch: [{ op: "add", path: "/metadata/labels", value }] };
};

export function validateTenant(deps: Deps): AdmissionHandler {
  const informer = deps.informers.for(tenants);
  const namespaceInformer = deps.informers.for(namespaces);
  return async (_ctx, request) => {
    const tenant = request.object as Tenant | undefined;
    if (tenant === undefined) return ALLOWED;
    const namespace = namespaceInformer.store.get({ name: request.namespace ?? "" });
    const ids = [
      tenant.metadata?.labels?.[labels.REMOTE_CLUSTER_ID],
      namespace?.metadata?.labels?.[labels.REMOTE_CLUSTER_ID],
    ];
    if (namespace?.metadata?.labels?.[labels.TENANT_NAMESPACE] !== "true")
      return denied(`namespace ${request.namespace} is not a tenant namespace`);
    if (ids.some((id) => id !== tenant.spec?.clusterID)) {
      return denied(
        `spec.clusterID ${tenant.spec?.clusterID} must equal the label ${labels.REMOTE_CLUSTER_ID} of the Tenant and of its namespace (found ${ids.join(", ")})`,
      );
    }
    const others = informer.store.list().filter((other) => other.metadata?.uid !== tenant.metadata?.uid);
    if (others.some((other) => other.metadata?.namespace === request.namespace))
      return denied(`namespace ${request.namespace} already has a Tenant`);
    if (others.some((other) => other.metadata?.name === request.name))
      return denied(`a Tenant named ${request.name} already exists`);
    return ALLOWED;
  };
}
