/** What the provider keeps alive for a consumer. Upstream: apis/offloading/v1beta1/{shadowpod,shadowendpointslice}_types.go */
import type { PodSpec } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointPort } from "kubernetes-types/discovery/v1";
import type { NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { stringMap } from "../schema/common.ts";
import { array, boolean, builtin, object, oneOf, openBuiltin, required, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

const GROUP = { group: "offloading.liqo.io", version: "v1beta1" } as const;

export const shadowPods = defineKind({
  ...GROUP,
  kind: "ShadowPod",
  plural: "shadowpods",
  shortNames: ["shp", "shpod"],
  description: "A pod that the provider keeps alive for a consumer.",
  // A field that a newer Kubernetes knows is for the provider's API server to take or drop.
  spec: object({ pod: openBuiltin<PodSpec>("core/v1.PodSpec") }),
  status: object({
    phase: required(oneOf(["Pending", "Running", "Succeeded", "Failed", "Unknown"], { default: "Unknown" })),
    // Not upstream's: why the provider has no pod for it.
    reason: string({ maxLength: 128 }),
    message: string({ maxLength: 1024 }),
  }),
  subresources: "status",
  columns: [{ name: "Status", type: "string", jsonPath: ".status.phase" }, AGE],
});

export const shadowEndpointSlices = defineKind({
  ...GROUP,
  kind: "ShadowEndpointSlice",
  plural: "shadowendpointslices",
  shortNames: ["shes", "sheps", "seps"],
  description: "Endpoints of a consumer's Service that the provider translates and keeps.",
  spec: object({
    template: object({
      addressType: string(),
      endpoints: array(builtin<Endpoint>("discovery/v1.Endpoint")),
      ports: array(builtin<EndpointPort>("discovery/v1.EndpointPort")),
    }),
  }),
});

/** Kubernetes: meta/v1 LabelSelector */
const labelSelector = object({
  matchLabels: stringMap,
  matchExpressions: array(object({ key: required(string()), operator: required(string()), values: array(string()) })),
});
const block = object({ cidr: required(string()), except: array(string()) });

/** Absent: everybody. One of the fields of each. */
const peers = array(
  object({
    // Pods of the namespaces, or of this one, that run at the provider.
    podSelector: labelSelector,
    namespaces: array(string()),
    // Pods that run elsewhere, by their addresses as the consumer sees them.
    addresses: array(string()),
    ipBlock: block,
    // Who answers for names at the provider, in place of who does at the consumer.
    clusterDns: boolean(),
    // As the provider sees it.
    nativeBlock: block,
  }),
);
const policyRules = array(
  object({ peers, ports: array(builtin<NetworkPolicyPort>("networking/v1.NetworkPolicyPort")) }),
);

/** Not upstream's. */
export const shadowNetworkPolicies = defineKind({
  ...GROUP,
  kind: "ShadowNetworkPolicy",
  plural: "shadownetworkpolicies",
  shortNames: ["shnp"],
  description: "A NetworkPolicy of a consumer's that the provider translates and keeps.",
  spec: object({
    podSelector: labelSelector,
    policyTypes: array(oneOf(["Ingress", "Egress"])),
    ingress: policyRules,
    egress: policyRules,
  }),
});

export type ShadowPod = ObjectOfKind<typeof shadowPods>;
export type ShadowEndpointSlice = ObjectOfKind<typeof shadowEndpointSlices>;
export type ShadowNetworkPolicy = ObjectOfKind<typeof shadowNetworkPolicies>;
type ShadowPolicySpec = NonNullable<ShadowNetworkPolicy["spec"]>;
export type ShadowPolicyRule = NonNullable<ShadowPolicySpec["ingress"]>[number];
export type ShadowPolicyPeer = NonNullable<ShadowPolicyRule["peers"]>[number];
