/** The VirtualNode of an accepted slice. Upstream: pkg/liqo-controller-manager/offloading/forge/virtualnode.go */
import type { ResourceSlice } from "#api/authentication/resourceslice.ts";
import * as labels from "#api/labels.ts";
import type { VirtualNode } from "#api/offloading/virtualnode.ts";
import { controllerReference } from "#machinery/meta.ts";
import { acceptOffer } from "./provider/offer.ts";

export function forgeVirtualNode(
  slice: ResourceSlice,
  name: string,
  kubeconfigSecret: string,
  globalLabels: Readonly<Record<string, string>>,
): VirtualNode {
  const { name: sliceName = "", namespace = "" } = slice.metadata ?? {};
  const providerId = slice.spec?.providerClusterID ?? "";
  const { offer } = acceptOffer(slice.status);
  const { resources = {}, nodeLabels, nodeSelector, storageClasses, ingressClasses, loadBalancerClasses } = offer;
  return {
    metadata: {
      name,
      namespace,
      labels: { ...globalLabels, [labels.REMOTE_CLUSTER_ID]: providerId, [labels.RESOURCE_SLICE_NAME]: sliceName },
      ownerReferences: [controllerReference(slice)],
    },
    spec: {
      clusterID: providerId,
      kubeconfigSecretRef: { name: kubeconfigSecret },
      labels: { ...nodeLabels, [labels.REMOTE_CLUSTER_ID]: providerId },
      resourceQuota: { hard: { ...resources } },
      ...(storageClasses !== undefined && { storageClasses }),
      ...(ingressClasses !== undefined && { ingressClasses }),
      ...(loadBalancerClasses !== undefined && { loadBalancerClasses }),
      ...(nodeSelector !== undefined && { offloadingPatch: { nodeSelector } }),
    },
  };
}
