import assert from "node:assert/strict";
import { test } from "node:test";
import { kitReader } from "#kit/object-reader.ts";
import { clusterRoleBindings, clusterRoles, pods, roleBindings, roles } from "#machinery/builtin.ts";
import type { RequestAttributes, UserInfo } from "../request.ts";
import { createAuthorizer } from "./authorizer.ts";
import { forgeBootstrapClusterRoleBindings, forgeBootstrapClusterRoles } from "./bootstrap/policy.ts";
import { denial } from "./denial.ts";

const signal = new AbortController().signal;
const jane: UserInfo = { name: "jane", groups: ["dev", "system:authenticated"] };
const kubelet: UserInfo = { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] };

function bootstrapped(): ReturnType<typeof kitReader> {
  const reader = kitReader();
  for (const role of forgeBootstrapClusterRoles()) reader.put(clusterRoles, role);
  for (const binding of forgeBootstrapClusterRoleBindings()) reader.put(clusterRoleBindings, binding);
  return reader;
}

function ask(user: UserInfo, verb: string, target: string, namespace = "", name = ""): RequestAttributes {
  const isResource = !target.startsWith("/");
  const [plural = "", subresource = ""] = target.split("/");
  const [resource = "", ...group] = plural.split(".");
  return {
    user,
    verb,
    isResource,
    group: group.join("."),
    version: "v1",
    plural: isResource ? resource : "",
    subresource,
    namespace,
    name,
    path: isResource ? "" : target,
  };
}

test("a refusal is worded as Kubernetes words it", () => {
  const cases = [
    [
      ask(jane, "list", "pods", "y"),
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "y"',
    ],
    [
      ask(jane, "get", "deployments.apps/scale", "y", "web"),
      'deployments.apps "web" is forbidden: User "jane" cannot get resource "deployments/scale" in API group "apps" in the namespace "y"',
    ],
    [
      ask(jane, "list", "nodes"),
      'nodes is forbidden: User "jane" cannot list resource "nodes" in API group "" at the cluster scope',
    ],
    [ask(jane, "get", "/metrics"), 'forbidden: User "jane" cannot get path "/metrics"'],
  ] as const;
  for (const [attributes, message] of cases) assert.equal(denial(attributes, "").message, message);
});

test("bootstrap roles give users discovery and nothing else", () => {
  const { authorizer } = createAuthorizer(bootstrapped(), signal);
  assert.equal(authorizer.authorize(ask(jane, "get", "/apis/apps/v1")).allowed, true);
  assert.equal(
    authorizer.authorize(ask(jane, "create", "selfsubjectaccessreviews.authorization.k8s.io")).allowed,
    true,
  );
  assert.equal(authorizer.authorize(ask(jane, "list", "pods", "y")).allowed, false);
  const admin = { name: "root", groups: ["system:masters"] };
  assert.equal(authorizer.authorize(ask(admin, "delete", "nodes", "", "n1")).allowed, true);
});

test("a RoleBinding to edit holds in its namespace only, and ends with the binding", () => {
  const reader = bootstrapped();
  const { authorizer } = createAuthorizer(reader, signal);
  const may = (verb: string, target: string, namespace: string): boolean =>
    authorizer.authorize(ask(jane, verb, target, namespace, "x")).allowed;
  assert.equal(may("create", "pods", "y"), false);
  reader.put(roleBindings, {
    metadata: { namespace: "y", name: "devs" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "edit" },
    subjects: [{ kind: "Group", name: "dev" }],
  } as object);
  assert.equal(may("create", "pods", "y"), true);
  assert.equal(may("get", "pods/log", "y"), true);
  assert.equal(may("create", "pods/exec", "y"), true);
  assert.equal(may("create", "pods", "z"), false);
  assert.equal(may("create", "roles.rbac.authorization.k8s.io", "y"), false);
  reader.remove(roleBindings, "y", "devs");
  assert.equal(may("create", "pods", "y"), false);
});

test("resource names narrow a rule and a missing role is named", () => {
  const reader = kitReader();
  const { authorizer } = createAuthorizer(reader, signal);
  const subjects = [{ kind: "User", name: "jane" }];
  reader.put(roleBindings, {
    metadata: { namespace: "y", name: "b" },
    roleRef: { kind: "Role", name: "one" },
    subjects,
  } as object);
  const wanted = ask(jane, "get", "secrets", "y", "one");
  assert.equal(authorizer.authorize(wanted).reason, 'RBAC: role.rbac.authorization.k8s.io "one" not found');
  const rules = [{ apiGroups: [""], resources: ["secrets"], resourceNames: ["one"], verbs: ["get"] }];
  reader.put(roles, { metadata: { namespace: "y", name: "one" }, rules } as object);
  assert.deepEqual(authorizer.authorize(wanted), {
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "b/y" of Role "one" to User "jane"',
  });
  assert.equal(authorizer.authorize(ask(jane, "get", "secrets", "y", "two")).allowed, false);
});

test("a kubelet reads the Secrets of the pods on its node and only its own lease", () => {
  const reader = bootstrapped();
  const { authorizer } = createAuthorizer(reader, signal);
  const may = (verb: string, target: string, namespace: string, name: string): boolean =>
    authorizer.authorize(ask(kubelet, verb, target, namespace, name)).allowed;
  assert.equal(may("get", "secrets", "y", "password"), false);
  const volumes = [{ name: "v", secret: { secretName: "password" } }];
  reader.put(pods, {
    metadata: { namespace: "y", name: "p" },
    spec: { nodeName: "n1", serviceAccountName: "web", volumes },
  } as object);
  assert.equal(may("get", "secrets", "y", "password"), true);
  assert.equal(may("get", "secrets", "z", "password"), false);
  assert.equal(may("create", "serviceaccounts/token", "y", "web"), true);
  assert.equal(may("create", "serviceaccounts/token", "y", "default"), false);
  assert.equal(may("update", "leases.coordination.k8s.io", "kube-node-lease", "n1"), true);
  assert.equal(may("update", "leases.coordination.k8s.io", "kube-node-lease", "n2"), false);
  assert.equal(may("delete", "namespaces", "", "y"), false);
});

test("the precomputed admin role contains edit, and edit contains view", () => {
  const rules = new Map(
    forgeBootstrapClusterRoles().map((role) => [role.metadata?.name, JSON.stringify(role.rules).slice(1, -1)]),
  );
  assert.ok(rules.get("admin")?.endsWith(rules.get("edit") ?? "missing"));
  assert.ok(rules.get("edit")?.endsWith(rules.get("view") ?? "missing"));
});
