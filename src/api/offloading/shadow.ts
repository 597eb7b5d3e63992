/** What the provider keeps alive for a consumer. Upstream: apis/offloading/v1beta1/{shadowpod,shadowendpointslice}_types.go */
import type { PodSpec } from "kubernetes-types/core/v1";
import type { Endpoint, EndpointPort } from "kubernetes-types/discovery/v1";
import { array, builtin, object, oneOf, openBuiltin, required, string } from "../schema/dsl.ts";
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

export type ShadowPod = ObjectOfKind<typeof shadowPods>;
export type ShadowEndpointSlice = ObjectOfKind<typeof shadowEndpointSlices>;
