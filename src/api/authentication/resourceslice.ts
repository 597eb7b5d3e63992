/** ResourceSlice: resources a consumer asks for and a provider grants. Upstream: apis/authentication/v1beta1/resourceslice_types.go */

import {
  authParams,
  bytes,
  clusterId,
  dateTime,
  ingressClass,
  loadBalancerClass,
  quantities,
  storageClass,
  stringMap,
} from "../schema/common.ts";
import { array, object, oneOf, required, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const resourceSlices = defineKind({
  group: "authentication.liqo.io",
  version: "v1beta1",
  kind: "ResourceSlice",
  plural: "resourceslices",
  shortNames: ["rslice"],
  description: "A request for resources of a provider and its answer; replicated between the two clusters.",
  spec: object({
    class: string(),
    consumerClusterID: clusterId,
    csr: bytes,
    providerClusterID: clusterId,
    resources: quantities,
  }),
  status: object({
    authParams,
    conditions: array(
      object({
        lastTransitionTime: dateTime,
        message: string(),
        reason: string(),
        status: required(oneOf(["Accepted", "Denied"])),
        type: required(oneOf(["Authentication", "Resources"])),
      }),
    ),
    ingressClasses: array(ingressClass),
    loadBalancerClasses: array(loadBalancerClass),
    nodeLabels: stringMap,
    nodeSelector: stringMap,
    resources: quantities,
    storageClasses: array(storageClass),
  }),
  subresources: "status",
  columns: [
    { name: "Authentication", type: "string", jsonPath: '.status.conditions[?(@.type=="Authentication")].status' },
    { name: "Resources", type: "string", jsonPath: '.status.conditions[?(@.type=="Resources")].status' },
    AGE,
  ],
});

/** Reason of a denial: the class `default` is not given by this provider. */
export const DEFAULT_CLASS_DISABLED = "DefaultResourceSliceClassDisabled";

export type ResourceSlice = ObjectOfKind<typeof resourceSlices>;
