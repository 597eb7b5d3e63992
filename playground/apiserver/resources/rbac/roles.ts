/** Roles and bindings. Kubernetes: pkg/registry/rbac, pkg/apis/rbac/validation */
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding, Subject } from "kubernetes-types/rbac/v1";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "#machinery/builtin.ts";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { pathSegmentName } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, type ColumnSpec, joined, table } from "../columns.ts";

const GROUP = "rbac.authorization.k8s.io";
const SUBJECT_GROUPS: Readonly<Record<string, string>> = { ServiceAccount: "", User: GROUP, Group: GROUP };

interface Binding {
  readonly metadata?: { readonly namespace?: string };
  readonly roleRef: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
  readonly subjects?: readonly Subject[];
}

/** Roles show when they were made, as a date. */
const createdAt = {
  columns: [
    { name: "Name", type: "string", format: "name", priority: 0 },
    { name: "Created At", type: "date", priority: 0 },
  ],
  cells: (role: Role | ClusterRole) => [role.metadata?.name ?? "", role.metadata?.creationTimestamp ?? ""],
} as const;

export const roleStrategy = anyStrategy<Role>({
  resource: roles,
  singular: "role",
  empty: { rules: null },
  validateName: pathSegmentName,
  validate: (role) => validateRules(role, true),
  validateUpdate: (role) => validateRules(role, true),
  table: createdAt,
});

export const clusterRoleStrategy = anyStrategy<ClusterRole>({
  resource: clusterRoles,
  singular: "clusterrole",
  empty: { rules: null },
  validateName: pathSegmentName,
  validate: (role) => validateRules(role, false),
  validateUpdate: (role) => validateRules(role, false),
  table: createdAt,
});

export const roleBindingStrategy = anyStrategy<RoleBinding>({
  resource: roleBindings,
  singular: "rolebinding",
  validateName: pathSegmentName,
  setDefaults: setBindingDefaults,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
  table: table<RoleBinding>(bindingColumns()),
});

export const clusterRoleBindingStrategy = anyStrategy<ClusterRoleBinding>({
  resource: clusterRoleBindings,
  singular: "clusterrolebinding",
  validateName: pathSegmentName,
  setDefaults: setBindingDefaults,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
  table: table<ClusterRoleBinding>(bindingColumns()),
});

function setBindingDefaults(binding: RoleBinding | ClusterRoleBinding): void {
  if (binding.roleRef !== undefined) binding.roleRef.apiGroup ??= GROUP;
  for (const subject of binding.subjects ?? []) {
    subject.apiGroup ??= subject.kind === "ServiceAccount" ? "" : GROUP;
    if (subject.apiGroup === "") delete subject.apiGroup;
  }
}

function validateRules({ rules }: Role | ClusterRole, isNamespaced: boolean): FieldError[] {
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

/** In a binding of one namespace an account may go without its own; it then names nobody. */
function validateBinding({ metadata, roleRef, subjects }: Binding): FieldError[] {
  const namespaced = (metadata?.namespace ?? "") !== "";
  const errors: FieldError[] = [];
  if (!["Role", "ClusterRole"].includes(roleRef?.kind)) {
    errors.push(notSupported("roleRef.kind", roleRef?.kind ?? "", ["Role", "ClusterRole"]));
  }
  if ((roleRef?.name ?? "") === "") errors.push(required("roleRef.name"));
  for (const [i, subject] of (subjects ?? []).entries()) {
    if ((subject.name ?? "") === "") errors.push(required(`subjects[${i}].name`));
    if (!namespaced && subject.kind === "ServiceAccount" && (subject.namespace ?? "") === "")
      errors.push(required(`subjects[${i}].namespace`));
    const group = SUBJECT_GROUPS[subject.kind];
    if (group === undefined)
      errors.push(notSupported(`subjects[${i}].kind`, subject.kind, Object.keys(SUBJECT_GROUPS)));
    else if ((subject.apiGroup ?? "") !== group)
      errors.push(notSupported(`subjects[${i}].apiGroup`, subject.apiGroup ?? "", [group]));
  }
  return errors;
}

function validateBindingUpdate(next: Binding, previous: Binding): FieldError[] {
  const errors = validateBinding(next);
  if (next.roleRef.kind !== previous.roleRef.kind || next.roleRef.name !== previous.roleRef.name) {
    const { apiGroup = GROUP, kind, name } = next.roleRef;
    errors.push(invalid("roleRef", { APIGroup: apiGroup, Kind: kind, Name: name }, "cannot change roleRef"));
  }
  return errors;
}

function bindingColumns<T extends RoleBinding | ClusterRoleBinding>(): ColumnSpec<T>[] {
  const of = (binding: T, kind: string): string[] =>
    (binding.subjects ?? [])
      .filter((s) => s.kind === kind)
      .map((s) => (kind === "ServiceAccount" ? `${s.namespace ?? ""}/${s.name}` : s.name));
  const shown = (values: string[]): string => (values.length === 0 ? "" : joined(values));
  return [
    { name: "Role", value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` },
    age(),
    { name: "Users", value: (binding) => shown(of(binding, "User")), wide: true },
    { name: "Groups", value: (binding) => shown(of(binding, "Group")), wide: true },
    { name: "ServiceAccounts", value: (binding) => shown(of(binding, "ServiceAccount")), wide: true },
  ];
}
