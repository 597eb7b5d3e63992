/**
 * The roles and bindings that exist in every cluster, as objects, and their creation at start.
 * Kubernetes: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go, pkg/registry/rbac/rest/storage_rbac.go
 */
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from "kubernetes-types/rbac/v1";
import type { Context } from "#base/context.ts";
import { clusterRoleBindings, clusterRoles, namespaces, roleBindings, roles } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import type { ObjectReader, ObjectWriter } from "../../request.ts";
import { uncoveredRules } from "../rules.ts";
import { CONTROLLER_ROLES, NAMESPACED_ROLES, SYSTEM_ROLES } from "./system-roles.ts";
import * as user from "./user-roles.ts";

const GROUP = "rbac.authorization.k8s.io";
const API_VERSION = `${GROUP}/v1`;
const AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate";
const USERS = "group:system:authenticated";

/** Bindings other than those of controllers: role → subjects written as `kind:name`. */
const BINDINGS: Readonly<Record<string, readonly string[]>> = {
  "cluster-admin": ["group:system:masters"],
  "system:basic-user": [USERS],
  "system:discovery": [USERS],
  "system:public-info-viewer": [USERS, "group:system:unauthenticated"],
  "system:service-account-issuer-discovery": ["group:system:serviceaccounts"],
  "system:monitoring": ["group:system:monitoring"],
  "system:node-proxier": ["user:system:kube-proxy"],
  "system:kube-controller-manager": ["user:system:kube-controller-manager"],
  "system:kube-dns": ["account:kube-dns"],
  "system:kube-scheduler": ["user:system:kube-scheduler"],
  "system:volume-scheduler": ["user:system:kube-scheduler"],
  // The node authorizer does this work; the binding exists without subjects, as in Kubernetes.
  "system:node": [],
};

export function forgeBootstrapClusterRoles(): ClusterRole[] {
  const everyone = { ...user.EVERYBODY, ...SYSTEM_ROLES };
  return [
    forgeClusterRole("cluster-admin", user.CLUSTER_ADMIN),
    aggregate("admin", user.ADMIN),
    aggregate("edit", user.EDIT, "admin"),
    aggregate("view", user.AGGREGATE_TO_VIEW, "edit"),
    forgeClusterRole("system:aggregate-to-admin", user.AGGREGATE_TO_ADMIN, "admin"),
    forgeClusterRole("system:aggregate-to-edit", user.AGGREGATE_TO_EDIT, "edit"),
    forgeClusterRole("system:aggregate-to-view", user.AGGREGATE_TO_VIEW, "view"),
    ...Object.entries(everyone).map(([name, rules]) => forgeClusterRole(name, rules)),
    ...Object.entries(CONTROLLER_ROLES).map(([name, rules]) => forgeClusterRole(`system:controller:${name}`, rules)),
  ];
}

export function forgeBootstrapClusterRoleBindings(): ClusterRoleBinding[] {
  const controllers = Object.keys(CONTROLLER_ROLES).map((name): [string, readonly string[]] => [
    `system:controller:${name}`,
    [`account:${name}`],
  ]);
  return [...Object.entries(BINDINGS), ...controllers].map(([name, subjects]) => ({
    apiVersion: API_VERSION,
    kind: "ClusterRoleBinding",
    metadata: forgeMetadata(name),
    roleRef: { apiGroup: GROUP, kind: "ClusterRole", name },
    ...(subjects.length > 0 && { subjects: subjects.map(parseSubject) }),
  }));
}

/**
 * Creates what is missing and adds missing rules and subjects to what was changed, unless its `autoupdate` annotation
 * forbids. Also creates the namespace kube-system, where some of the roles live.
 */
export async function ensureBootstrapPolicy(ctx: Context, reader: ObjectReader, writer: ObjectWriter): Promise<void> {
  if (reader.get(namespaces, "", "kube-system") === undefined) {
    const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system" } } as const;
    await writer.create(ctx, namespaces, "", namespace);
  }
  for (const role of forgeBootstrapClusterRoles()) await ensureRole(ctx, reader, writer, clusterRoles, role);
  for (const binding of forgeBootstrapClusterRoleBindings()) {
    await ensureBinding(ctx, reader, writer, clusterRoleBindings, binding);
  }
  for (const { namespace, name, rules, subjects } of NAMESPACED_ROLES) {
    const metadata = { ...forgeMetadata(name), namespace };
    const role: Role = { apiVersion: API_VERSION, kind: "Role", metadata, rules: [...rules] };
    const binding: RoleBinding = {
      apiVersion: API_VERSION,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: GROUP, kind: "Role", name },
      subjects: subjects.map(({ kind, name: subject }) =>
        parseSubject(`${kind === "User" ? "user" : "account"}:${subject}`),
      ),
    };
    await ensureRole(ctx, reader, writer, roles, role);
    await ensureBinding(ctx, reader, writer, roleBindings, binding);
  }
}

async function ensureRole<T extends ClusterRole | Role>(
  ctx: Context,
  reader: ObjectReader,
  writer: ObjectWriter,
  resource: Resource<T>,
  wanted: T,
): Promise<void> {
  const { name = "", namespace = "" } = wanted.metadata ?? {};
  const present = reader.get(resource, namespace, name);
  if (present === undefined) {
    await writer.create(ctx, resource, namespace, wanted);
    return;
  }
  // The aggregation controller owns the rules of the aggregated ones.
  if ("aggregationRule" in wanted || !mayUpdate(present)) return;
  const missing = uncoveredRules(present.rules ?? [], wanted.rules ?? []);
  if (missing.length === 0) return;
  await writer.change(ctx, resource, namespace, name, "", (role) => ({
    ...role,
    rules: [...(role.rules ?? []), ...missing],
  }));
}

async function ensureBinding<T extends ClusterRoleBinding | RoleBinding>(
  ctx: Context,
  reader: ObjectReader,
  writer: ObjectWriter,
  resource: Resource<T>,
  wanted: T,
): Promise<void> {
  const { name = "", namespace = "" } = wanted.metadata ?? {};
  const present = reader.get(resource, namespace, name);
  if (present === undefined) {
    await writer.create(ctx, resource, namespace, wanted);
    return;
  }
  if (!mayUpdate(present)) return;
  const isPresent = (subject: Subject): boolean =>
    (present.subjects ?? []).some(
      (other) => other.kind === subject.kind && other.name === subject.name && other.namespace === subject.namespace,
    );
  const missing = (wanted.subjects ?? []).filter((subject) => !isPresent(subject));
  if (missing.length === 0) return;
  await writer.change(ctx, resource, namespace, name, "", (binding) => ({
    ...binding,
    subjects: [...(binding.subjects ?? []), ...missing],
  }));
}

function mayUpdate(object: KubeObject): boolean {
  return object.metadata?.annotations?.[AUTOUPDATE] !== "false";
}

function forgeClusterRole(name: string, rules: readonly PolicyRule[], aggregateTo?: string): ClusterRole {
  return {
    apiVersion: API_VERSION,
    kind: "ClusterRole",
    metadata: forgeMetadata(name, aggregateTo),
    rules: [...rules],
  };
}

function aggregate(name: string, rules: readonly PolicyRule[], aggregateTo?: string): ClusterRole {
  const matchLabels = { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: "true" };
  return {
    ...forgeClusterRole(name, rules, aggregateTo),
    aggregationRule: { clusterRoleSelectors: [{ matchLabels }] },
  };
}

function forgeMetadata(name: string, aggregateTo?: string): NonNullable<ClusterRole["metadata"]> {
  return {
    name,
    annotations: { [AUTOUPDATE]: "true" },
    labels: {
      "kubernetes.io/bootstrapping": "rbac-defaults",
      ...(aggregateTo !== undefined && { [`rbac.authorization.k8s.io/aggregate-to-${aggregateTo}`]: "true" }),
    },
  };
}

/** `group:…`, `user:…`, or `account:…` for a ServiceAccount of kube-system. */
function parseSubject(text: string): Subject {
  const colon = text.indexOf(":");
  const name = text.slice(colon + 1);
  switch (text.slice(0, colon)) {
    case "group":
      return { apiGroup: GROUP, kind: "Group", name };
    case "user":
      return { apiGroup: GROUP, kind: "User", name };
    default:
      return { kind: "ServiceAccount", name, namespace: "kube-system" };
  }
}
