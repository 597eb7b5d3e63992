/** A Service that its clusterset is to have. Kubernetes: KEP-1645; sigs.k8s.io/mcs-api, whose CRD the chart brings */
import type { Condition } from "#machinery/conditions.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";

/** Both versions of the project have the same fields; older installations serve this one alone. */
export const MULTICLUSTER = { group: "multicluster.x-k8s.io", version: "v1alpha1" } as const;

/** Of the Service of the same name. */
export interface ServiceExport extends KubeObject {
  spec?: {
    exportedLabels?: Record<string, string>;
    exportedAnnotations?: Record<string, string>;
  };
  status?: { conditions?: Condition[] };
}

export const serviceExports: Resource<ServiceExport> = {
  ...MULTICLUSTER,
  plural: "serviceexports",
  kind: "ServiceExport",
  namespaced: true,
};
