/**
 * May they: system:masters, then kubelets by what their node runs, then RBAC.
 * Kubernetes: pkg/kubeapiserver/authorizer/config.go, modes Node,RBAC
 */
import type { Authorizer, ObjectReader } from "../request.ts";
import { createNodeAuthorizer } from "./node.ts";
import { createRbacAuthorizer, type RbacAuthorizer } from "./rbac.ts";

export interface AuthorizerParts {
  /** What the server asks. */
  readonly authorizer: Authorizer;
  /** For rules reviews and the escalation check. */
  readonly rbac: RbacAuthorizer;
}

/** The indexes follow the store until the signal ends. */
export function createAuthorizer(reader: ObjectReader, signal: AbortSignal): AuthorizerParts {
  const node = createNodeAuthorizer(reader, signal);
  const rbac = createRbacAuthorizer(reader, signal);
  return {
    rbac,
    authorizer: {
      authorize(attributes) {
        if (attributes.user.groups.includes("system:masters")) return { allowed: true, reason: "" };
        const asNode = node.authorize(attributes);
        if (asNode.allowed) return asNode;
        const byRole = rbac.authorize(attributes);
        if (byRole.allowed) return byRole;
        return { allowed: false, reason: [asNode.reason, byRole.reason].filter((reason) => reason !== "").join(", ") };
      },
    },
  };
}
