/**
 * The roles meant for people, cluster-admin, admin, edit and view, and what every user may do. admin, edit and view are
 * aggregated; the aggregate is precomputed so that it holds from the first request on.
 * Kubernetes: bootstrappolicy/policy.go (ClusterRoles); "Default roles and role bindings" in the RBAC reference
 */
import type { PolicyRule } from "kubernetes-types/rbac/v1";
import { ALL, allow, allowPaths, READ, WRITE } from "./rule-notation.ts";

const WORKLOADS =
  "daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale";
const EXTENSIONS =
  "daemonsets deployments deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale";
const STREAMS = "pods/attach pods/exec pods/portforward pods/proxy";

export const AGGREGATE_TO_ADMIN: readonly PolicyRule[] = [
  allow("create", "authorization.k8s.io", "localsubjectaccessreviews"),
  allow(ALL, "rbac.authorization.k8s.io", "rolebindings roles"),
];

export const AGGREGATE_TO_EDIT: readonly PolicyRule[] = [
  allow(READ, "core", `${STREAMS} secrets services/proxy`),
  allow("impersonate", "core", "serviceaccounts"),
  allow(WRITE, "core", `pods ${STREAMS}`),
  allow("create", "core", "pods/eviction serviceaccounts/token"),
  allow(
    WRITE,
    "core",
    "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy",
  ),
  allow(WRITE, "apps", `${WORKLOADS} deployments/rollback`),
  allow(WRITE, "autoscaling", "horizontalpodautoscalers"),
  allow(WRITE, "batch", "cronjobs jobs"),
  allow(WRITE, "extensions", `${EXTENSIONS} deployments/rollback`),
  allow(WRITE, "policy", "poddisruptionbudgets"),
  allow(WRITE, "networking.k8s.io", "ingresses networkpolicies"),
  allow(ALL, "coordination.k8s.io", "leases"),
];

export const AGGREGATE_TO_VIEW: readonly PolicyRule[] = [
  allow(
    READ,
    "core",
    "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status",
  ),
  allow(
    READ,
    "core",
    "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status",
  ),
  allow(READ, "core", "namespaces"),
  allow(READ, "discovery.k8s.io", "endpointslices"),
  allow(
    READ,
    "apps",
    `controllerrevisions ${WORKLOADS} daemonsets/status deployments/status replicasets/status statefulsets/status`,
  ),
  allow(READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
  allow(READ, "batch", "cronjobs cronjobs/status jobs jobs/status"),
  allow(READ, "extensions", EXTENSIONS),
  allow(READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
  allow(READ, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
];

export const EDIT = [...AGGREGATE_TO_EDIT, ...AGGREGATE_TO_VIEW];
export const ADMIN = [...AGGREGATE_TO_ADMIN, ...EDIT];
export const CLUSTER_ADMIN: readonly PolicyRule[] = [allow("*", "*", "*"), allowPaths("*", "*")];

/** Roles that every user, or everybody at all, is bound to. */
export const EVERYBODY: Readonly<Record<string, readonly PolicyRule[]>> = {
  "system:basic-user": [
    allow("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
    allow("create", "authentication.k8s.io", "selfsubjectreviews"),
  ],
  "system:discovery": [
    allowPaths("get", "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/"),
  ],
  "system:public-info-viewer": [allowPaths("get", "/healthz /livez /readyz /version /version/")],
  "system:service-account-issuer-discovery": [
    allowPaths(
      "get",
      "/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/",
    ),
  ],
};
