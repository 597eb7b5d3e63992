/** What has to be done for the cluster's CA to be in a namespace. Kubernetes: pkg/controller/certificates/rootcacertpublisher/publisher.go */

import { isDeepStrictEqual } from "node:util";
import type { ConfigMap } from "kubernetes-types/core/v1";

export const ROOT_CA = "kube-root-ca.crt";
const DESCRIPTION = "kubernetes.io/description";
const USAGE =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

export type PublishPlan =
  | { readonly do: "create"; readonly map: ConfigMap }
  | { readonly do: "update"; readonly map: ConfigMap }
  | { readonly do: "keep" };

export function planPublish(namespace: string, caCert: string, found: ConfigMap | undefined): PublishPlan {
  const data = { "ca.crt": caCert };
  const annotations = { [DESCRIPTION]: USAGE };
  if (found === undefined) return { do: "create", map: { metadata: { name: ROOT_CA, namespace, annotations }, data } };
  const isDescribed = (found.metadata?.annotations?.[DESCRIPTION] ?? "") !== "";
  if (isDescribed && isDeepStrictEqual(found.data, data)) return { do: "keep" };
  const metadata = { ...found.metadata, annotations: { ...found.metadata?.annotations, ...annotations } };
  return { do: "update", map: { ...found, metadata, data } };
}
