/**
 * The user by whom the administrator of a consumer may peer with this cluster, and do nothing else. Used by `liqoctl generate
 * peering-user`. Upstream: pkg/liqoctl/rest/peering-user/userfactory, which grants all Secrets of the tenant namespace, too
 */
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { PolicyRule, Role, RoleBinding } from "kubernetes-types/rbac/v1";
import * as labels from "#api/labels.ts";
import { base64 } from "./authentication.ts";
import { CLIENT_SIGNER } from "./certificate.ts";
import { API_SERVER_PROXY_IP } from "./ip.ts";
import { GLOBAL_LABELS, NONCE_SECRET } from "./names.ts";
import { gatewayObjectName } from "./networking/names.ts";

const RBAC = "rbac.authorization.k8s.io";

/** By which everything of the user is found; the user itself has a suffix, so that it never comes back. */
export function peeringUserLabel(consumerId: string): string {
  return `liqo-peer-user-${consumerId}`;
}

export function peeringUserSelector(consumerId: string): string {
  return `${labels.PEERING_USER_NAME}=${peeringUserLabel(consumerId)}`;
}

/** `csr`: PEM. */
export function forgePeeringUserRequest(consumerId: string, csr: string): CertificateSigningRequest {
  const name = peeringUserLabel(consumerId);
  return {
    metadata: { generateName: `${name}-`, labels: { [labels.PEERING_USER_NAME]: name } },
    spec: {
      request: base64(csr),
      signerName: CLIENT_SIGNER,
      usages: ["digital signature", "key encipherment", "client auth"],
    },
  };
}

export interface PeeringUser {
  readonly consumerId: string;
  /** The common name of its certificate. */
  readonly user: string;
  readonly tenantNamespace: string;
  readonly liqoNamespace: string;
}

export interface Grant {
  readonly role: Role;
  readonly binding: RoleBinding;
}

/** All that the user may do: roles of its own, so that nothing is left of it when they go. */
export function forgePeeringUserGrants(of: PeeringUser): readonly Grant[] {
  const name = peeringUserLabel(of.consumerId);
  return [
    grant(of, `${name}-tenant-ns-writer`, of.tenantNamespace, tenantRules(of.consumerId)),
    grant(of, `${name}-liqo-ns-reader`, of.liqoNamespace, LIQO_RULES),
  ];
}

function grant({ consumerId, user }: PeeringUser, name: string, namespace: string, rules: PolicyRule[]): Grant {
  const metadata = {
    name,
    namespace,
    labels: { ...GLOBAL_LABELS, [labels.PEERING_USER_NAME]: peeringUserLabel(consumerId) },
  };
  return {
    role: { metadata, rules },
    binding: {
      metadata,
      roleRef: { apiGroup: RBAC, kind: "Role", name },
      subjects: [{ apiGroup: RBAC, kind: "User", name: user }],
    },
  };
}

/** What is written of a peering, and waited for. */
function tenantRules(consumerId: string): PolicyRule[] {
  return [
    { apiGroups: [""], resources: ["namespaces"], verbs: ["get"] },
    {
      // By name: the namespace may hold this cluster's identity at the consumer, which has the cluster's own key. Nor are
      // any made by the user: a Secret can ask for the token of an account of the namespace.
      apiGroups: [""],
      resources: ["secrets"],
      resourceNames: [NONCE_SECRET, gatewayObjectName(consumerId)],
      verbs: ["get", "list", "watch"],
    },
    {
      apiGroups: ["authentication.liqo.io"],
      resources: ["tenants"],
      verbs: ["get", "list", "watch", "create", "delete"],
    },
    {
      apiGroups: ["networking.liqo.io"],
      resources: ["configurations", "gatewayservers", "gatewayclients", "publickeies"],
      verbs: ["get", "list", "watch", "create", "patch", "delete"],
    },
    { apiGroups: ["networking.liqo.io"], resources: ["connections"], verbs: ["get", "list", "watch"] },
    // Their end is waited for.
    { apiGroups: ["ipam.liqo.io"], resources: ["ips", "networks"], verbs: ["list"] },
  ];
}

const LIQO_RULES: PolicyRule[] = [
  // The id of the cluster, which is found by a label.
  { apiGroups: [""], resources: ["configmaps"], verbs: ["get", "list"] },
  // Its CIDRs.
  { apiGroups: ["ipam.liqo.io"], resources: ["networks"], verbs: ["get", "list"] },
  // Where the proxy for in-band peering is.
  {
    apiGroups: ["ipam.liqo.io"],
    resources: ["ips"],
    resourceNames: [API_SERVER_PROXY_IP],
    verbs: ["get", "list", "watch"],
  },
  {
    apiGroups: ["networking.liqo.io"],
    resources: ["wggatewayservertemplates", "wggatewayclienttemplates"],
    verbs: ["get"],
  },
];
