/** Tenant: the provider's record of an authenticated consumer. Upstream: apis/authentication/v1beta1/tenant_types.go */

import { authParams, bytes, clusterId } from "../schema/common.ts";
import { object, oneOf, rules, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const tenants = defineKind({
  group: "authentication.liqo.io",
  version: "v1beta1",
  kind: "Tenant",
  plural: "tenants",
  shortNames: ["tn"],
  description: "A consumer cluster that may use this one, and what it needs to reach it.",
  spec: object({
    authzPolicy: oneOf(["KeysExchange", "TolerateNoHandshake"], { default: "KeysExchange" }),
    clusterID: rules(clusterId, { message: "ClusterID is immutable", rule: "self == oldSelf" }),
    csr: bytes,
    proxyURL: string(),
    publicKey: bytes,
    signature: bytes,
    tenantCondition: oneOf(["Active", "Cordoned", "Drained"], { default: "Active" }),
  }),
  status: object({ authParams, tenantNamespace: string() }),
  subresources: "status",
  columns: [{ name: "Condition", type: "string", jsonPath: ".spec.tenantCondition" }, AGE],
});

export type Tenant = ObjectOfKind<typeof tenants>;
