/** Identity: the consumer's credentials at a provider. Upstream: apis/authentication/v1beta1/identity_types.go */

import { authParams, clusterId, localReference } from "../schema/common.ts";
import { object, oneOf, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";

export const identities = defineKind({
  group: "authentication.liqo.io",
  version: "v1beta1",
  kind: "Identity",
  plural: "identities",
  shortNames: ["id"],
  description: "Credentials of this cluster at a provider, and the Secret with the kubeconfig made of them.",
  spec: object({
    authParams,
    clusterID: clusterId,
    namespace: string(),
    type: oneOf(["ControlPlane", "ResourceSlice"]),
  }),
  status: object({ kubeconfigSecretRef: localReference }),
  subresources: "status",
  columns: [
    { name: "Type", type: "string", jsonPath: ".spec.type" },
    { name: "KubeconfigSecret", type: "string", jsonPath: ".status.kubeconfigSecretRef.name", priority: 1 },
    AGE,
  ],
});

export type Identity = ObjectOfKind<typeof identities>;
