/** Rules of roles. Kubernetes: pkg/apis/rbac/validation (ValidatePolicyRule) */
import type { ClusterRole, Role } from "kubernetes-types/rbac/v1";
import { type FieldError, invalid, required } from "#machinery/field-error.ts";

/** Roles show when they were made, as a date. */
export const createdAt = {
  columns: [
    { name: "Name", type: "string", format: "name", priority: 0 },
    { name: "Created At", type: "date", priority: 0 },
  ],
  cells: (role: Role | ClusterRole) => [role.metadata?.name ?? "", role.metadata?.creationTimestamp ?? ""],
} as const;

export function validateRules({ rules }: Role | ClusterRole, isNamespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, i) => {
    const errors: FieldError[] = [];
    if ((rule.verbs ?? []).length === 0)
      errors.push(required(`rules[${i}].verbs`, "verbs must contain at least one value"));
    const { nonResourceURLs: urls = [] } = rule;
    const isUrl = urls.length > 0;
    const at = `rules[${i}].nonResourceURLs`;
    if (isUrl && isNamespaced) errors.push(invalid(at, urls, "namespaced rules cannot apply to non-resource URLs"));
    const resources = [rule.apiGroups, rule.resources, rule.resourceNames].flatMap((list) => list ?? []);
    if (isUrl && resources.length > 0)
      errors.push(invalid(at, urls, "rules cannot apply to both regular resources and non-resource URLs"));
    if (!isUrl && (rule.apiGroups ?? []).length === 0) {
      errors.push(required(`rules[${i}].apiGroups`, "resource rules must supply at least one api group"));
    }
    if (!isUrl && (rule.resources ?? []).length === 0) {
      errors.push(required(`rules[${i}].resources`, "resource rules must supply at least one resource"));
    }
    return errors;
  });
}
