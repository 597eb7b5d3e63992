/** Renew: a request to sign an expiring certificate again. Upstream: apis/authentication/v1beta1/renew_types.go */

import { authParams, bytes, clusterId, localReference } from "../schema/common.ts";
import { object, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const renews = defineKind({
  group: "authentication.liqo.io",
  version: "v1beta1",
  kind: "Renew",
  plural: "renews",
  description: "Brings a renewed certificate from the provider to the consumer; replicated between the two clusters.",
  spec: object({
    consumerClusterID: clusterId,
    csr: bytes,
    identityType: string(),
    publicKey: bytes,
    resourceSliceRef: localReference,
  }),
  status: object({ authParams }),
  subresources: "status",
  columns: [AGE],
});

export type Renew = ObjectOfKind<typeof renews>;
