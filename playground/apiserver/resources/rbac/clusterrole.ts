/** Cluster roles. Kubernetes: pkg/registry/rbac/clusterrole */
import type { ClusterRole } from "kubernetes-types/rbac/v1";
import { clusterRoles } from "#machinery/builtin.ts";
import { pathSegmentName } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { createdAt, validateRules } from "./rules.ts";

export const clusterRoleStrategy = anyStrategy<ClusterRole>({
  resource: clusterRoles,
  singular: "clusterrole",
  empty: { rules: null },
  validateName: pathSegmentName,
  validate: (role) => validateRules(role, false),
  validateUpdate: (role) => validateRules(role, false),
  table: createdAt,
});
