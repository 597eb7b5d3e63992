/** Roles. Kubernetes: pkg/registry/rbac/role */
import type { Role } from "kubernetes-types/rbac/v1";
import { roles } from "#machinery/builtin.ts";
import { pathSegmentName } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { createdAt, validateRules } from "./rules.ts";

export const roleStrategy = anyStrategy<Role>({
  resource: roles,
  singular: "role",
  empty: { rules: null },
  validateName: pathSegmentName,
  validate: (role) => validateRules(role, true),
  validateUpdate: (role) => validateRules(role, true),
  table: createdAt,
});
