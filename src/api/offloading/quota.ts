/** Quota: what a remote user may consume. Upstream: apis/offloading/v1beta1/quota_types.go */

import { quantities } from "../schema/common.ts";
import { boolean, object, oneOf, required, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const quotas = defineKind({
  group: "offloading.liqo.io",
  version: "v1beta1",
  kind: "Quota",
  plural: "quotas",
  shortNames: ["qt"],
  description: "The resources that the pods of one remote user may ask for.",
  spec: required(
    object({
      cordoned: boolean(),
      limitsEnforcement: oneOf(["Hard", "Soft", "None"]),
      resources: required(quantities),
      user: required(string({ minLength: 1 })),
    }),
  ),
  subresources: "none",
  columns: [
    { name: "Enforcement", type: "string", jsonPath: ".spec.limitsEnforcement" },
    { name: "Cordoned", type: "boolean", jsonPath: ".spec.cordoned" },
    AGE,
    { name: "User", type: "string", jsonPath: ".spec.user", priority: 1 },
  ],
});

export type Quota = ObjectOfKind<typeof quotas>;
