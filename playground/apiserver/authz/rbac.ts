/**
 * Role-based access control, evaluated on an index of all bindings by subject. The index is thrown away whenever a role
 * or binding changes and built again by the next request. Kubernetes: plugin/pkg/auth/authorizer/rbac/rbac.go
 */
import type { PolicyRule, RoleRef, Subject } from "kubernetes-types/rbac/v1";
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from "#machinery/builtin.ts";
import type { Authorizer, ObjectReader, RequestAttributes, UserInfo } from "../request.ts";
import { ruleAllows } from "./rules.ts";

/** Rules given to one subject by one binding, in one namespace or ("") everywhere. */
interface Grant {
  readonly namespace: string;
  readonly rules: readonly PolicyRule[];
  /** `ClusterRoleBinding "x" of ClusterRole "y" to Group "z"` */
  readonly origin: string;
  /** Set when the role does not exist. */
  readonly problem: string | undefined;
}

type GrantIndex = ReadonlyMap<string, readonly Grant[]>;

export interface RbacAuthorizer extends Authorizer {
  /** Everything that the user may do in the namespace; "" counts cluster-wide grants only. */
  rulesOf(user: UserInfo, namespace: string): readonly PolicyRule[];
  /** The rules of a role as it is now; `undefined` when it does not exist. */
  rulesOfRole(reference: Pick<RoleRef, "kind" | "name">, namespace: string): readonly PolicyRule[] | undefined;
}

export function createRbacAuthorizer(reader: ObjectReader, signal: AbortSignal): RbacAuthorizer {
  let index: GrantIndex | undefined;
  for (const resource of [clusterRoles, roles, clusterRoleBindings, roleBindings]) {
    reader.onChange(resource, signal, () => {
      index = undefined;
    });
  }
  const grantsOf = (user: UserInfo): readonly Grant[] => {
    index ??= buildIndex(reader);
    const keys = [userKey(user.name), ...user.groups.map(groupKey)];
    return keys.flatMap((key) => index?.get(key) ?? []);
  };
  return {
    authorize: (attributes) => decide(grantsOf(attributes.user), attributes),
    rulesOf: (user, namespace) => grantsOf(user).flatMap((grant) => (appliesTo(grant, namespace) ? grant.rules : [])),
    rulesOfRole: (reference, namespace) => rulesOfRole(reader, reference, namespace),
  };
}

function decide(grants: readonly Grant[], attributes: RequestAttributes): { allowed: boolean; reason: string } {
  const problems: string[] = [];
  const namespace = attributes.isResource ? attributes.namespace : "";
  for (const grant of grants) {
    if (!appliesTo(grant, namespace)) continue;
    if (grant.problem !== undefined) problems.push(grant.problem);
    if (grant.rules.some((rule) => ruleAllows(rule, attributes))) {
      return { allowed: true, reason: `RBAC: allowed by ${grant.origin}` };
    }
  }
  if (problems.length === 0) return { allowed: false, reason: "" };
  return { allowed: false, reason: `RBAC: ${problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`}` };
}

function appliesTo(grant: Grant, namespace: string): boolean {
  return grant.namespace === "" || grant.namespace === namespace;
}

function buildIndex(reader: ObjectReader): GrantIndex {
  const index = new Map<string, Grant[]>();
  const bindings = [...reader.list(clusterRoleBindings, ""), ...reader.list(roleBindings, "")];
  for (const binding of bindings) {
    const namespace = binding.metadata?.namespace ?? "";
    const { roleRef } = binding;
    const rules = rulesOfRole(reader, roleRef, namespace);
    const of = `${namespace === "" ? "Cluster" : ""}RoleBinding ${quoteName(binding.metadata?.name, namespace)}`;
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      if (key === undefined) continue;
      const grants = index.get(key) ?? [];
      index.set(key, grants);
      grants.push({
        namespace,
        rules: rules ?? [],
        origin: `${of} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${formatSubject(subject)}`,
        problem: rules === undefined ? missingRole(roleRef) : undefined,
      });
    }
  }
  return index;
}

function rulesOfRole(
  reader: ObjectReader,
  { kind, name }: Pick<RoleRef, "kind" | "name">,
  namespace: string,
): readonly PolicyRule[] | undefined {
  const role = kind === "Role" ? reader.get(roles, namespace, name) : reader.get(clusterRoles, "", name);
  return role === undefined ? undefined : (role.rules ?? []);
}

function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  switch (subject.kind) {
    case "User":
      return userKey(subject.name);
    case "Group":
      return groupKey(subject.name);
    case "ServiceAccount":
      return userKey(`system:serviceaccount:${subject.namespace ?? bindingNamespace}:${subject.name}`);
    default:
      return undefined;
  }
}

function userKey(name: string): string {
  return `user:${name}`;
}

function groupKey(name: string): string {
  return `group:${name}`;
}

function missingRole(reference: RoleRef): string {
  return `${reference.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(reference.name)} not found`;
}

function quoteName(name: string | undefined, namespace: string): string {
  return JSON.stringify(namespace === "" ? (name ?? "") : `${name ?? ""}/${namespace}`);
}

function formatSubject(subject: Subject): string {
  const name = subject.kind === "ServiceAccount" ? `${subject.name}/${subject.namespace ?? ""}` : subject.name;
  return `${subject.kind} ${JSON.stringify(name)}`;
}
