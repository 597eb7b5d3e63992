/**
 * Nobody gives away rights that he does not hold, unless he may `escalate` the role or `bind` it.
 * Kubernetes: pkg/registry/rbac/{role,rolebinding}/policybased/storage.go
 */
import type { PolicyRule, Role, RoleBinding } from "kubernetes-types/rbac/v1";
import { forbiddenError, notFound } from "#machinery/status-error.ts";
import type { RbacAuthorizer } from "../authz/rbac.ts";
import { compactRules, formatRule, uncoveredRules } from "../authz/rules.ts";
import type { AdmissionPlugin, AdmissionRequest, Authorizer } from "../request.ts";

const GROUP = "rbac.authorization.k8s.io";

export function rbacEscalation(authorizer: Authorizer, rbac: RbacAuthorizer): AdmissionPlugin {
  return {
    name: "RBACEscalation",
    handles: ({ operation, resource, user }) =>
      resource.group === GROUP &&
      (operation === "CREATE" || operation === "UPDATE") &&
      !user.groups.includes("system:masters"),
    async validate(_ctx, request) {
      if (isUnchanged(request)) return;
      const { plural } = request.resource;
      if (plural === "roles" || plural === "clusterroles") {
        if (!isAllowed(authorizer, request, "escalate", plural, request.name))
          refuseUnheld(rbac, request, (request.object as Role).rules ?? []);
        return;
      }
      const { kind, name } = (request.object as unknown as RoleBinding).roleRef;
      if (isAllowed(authorizer, request, "bind", kind === "Role" ? "roles" : "clusterroles", name)) return;
      const rules = rbac.rulesOfRole({ kind, name }, request.namespace);
      if (rules === undefined)
        throw notFound({ group: GROUP, plural: kind === "Role" ? "roles" : "clusterroles" }, name);
      refuseUnheld(rbac, request, rules);
    },
  };
}

function isAllowed(
  authorizer: Authorizer,
  request: AdmissionRequest,
  verb: string,
  plural: string,
  name: string,
): boolean {
  const { user, namespace } = request;
  const right = {
    user,
    verb,
    isResource: true,
    group: GROUP,
    version: "v1",
    plural,
    subresource: "",
    namespace,
    name,
    path: "",
  };
  return authorizer.authorize(right).allowed;
}

function refuseUnheld(rbac: RbacAuthorizer, request: AdmissionRequest, wanted: readonly PolicyRule[]): void {
  const { user, namespace, resource, name } = request;
  const missing = uncoveredRules(rbac.rulesOf(user, namespace), wanted);
  if (missing.length === 0) return;
  const who = `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)})`.replaceAll('","', '" "');
  const list = compactRules(missing).map(formatRule).join("\n");
  throw forbiddenError(resource, name, `${who} is attempting to grant RBAC permissions not currently held:\n${list}`);
}

/** Labels and the like may be changed by anybody who may write the object. */
function isUnchanged({ object, oldObject }: AdmissionRequest): boolean {
  if (oldObject === undefined || object === undefined) return false;
  return ["rules", "subjects", "roleRef", "aggregationRule"].every(
    (field) => JSON.stringify(object[field]) === JSON.stringify(oldObject[field]),
  );
}
