/** What bindings of a namespace and of the cluster have in common. Kubernetes: pkg/apis/rbac/{v1/defaults.go,validation} */
import type { ClusterRoleBinding, RoleBinding, Subject } from "kubernetes-types/rbac/v1";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { age, type ColumnSpec, joined } from "../columns.ts";

const GROUP = "rbac.authorization.k8s.io";

const SUBJECT_GROUPS: Readonly<Record<string, string>> = { ServiceAccount: "", User: GROUP, Group: GROUP };

interface Binding {
  readonly metadata?: { readonly namespace?: string };
  readonly roleRef: { readonly apiGroup?: string; readonly kind: string; readonly name: string };
  readonly subjects?: readonly Subject[];
}

export function setBindingDefaults(binding: RoleBinding | ClusterRoleBinding): void {
  if (binding.roleRef !== undefined) binding.roleRef.apiGroup ??= GROUP;
  for (const subject of binding.subjects ?? []) {
    subject.apiGroup ??= subject.kind === "ServiceAccount" ? "" : GROUP;
    if (subject.apiGroup === "") delete subject.apiGroup;
  }
}

/** In a binding of one namespace an account may go without its own; it then names nobody. */
export function validateBinding({ metadata, roleRef, subjects }: Binding): FieldError[] {
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

export function validateBindingUpdate(next: Binding, previous: Binding): FieldError[] {
  const errors = validateBinding(next);
  if (next.roleRef.kind !== previous.roleRef.kind || next.roleRef.name !== previous.roleRef.name) {
    const { apiGroup = GROUP, kind, name } = next.roleRef;
    errors.push(invalid("roleRef", { APIGroup: apiGroup, Kind: kind, Name: name }, "cannot change roleRef"));
  }
  return errors;
}

export function bindingColumns<T extends RoleBinding | ClusterRoleBinding>(): ColumnSpec<T>[] {
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
