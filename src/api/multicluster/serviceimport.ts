/** A Service of the clusterset as one cluster has it. Kubernetes: KEP-1645; sigs.k8s.io/mcs-api, whose CRD the chart brings */
import type { SessionAffinityConfig } from "kubernetes-types/core/v1";
import type { Condition } from "#machinery/conditions.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { MULTICLUSTER } from "./serviceexport.ts";

export interface ImportedPort {
  name?: string;
  protocol?: string;
  appProtocol?: string;
  port: number;
}

export interface ServiceImportSpec {
  type: "ClusterSetIP" | "Headless";
  ports: ImportedPort[];
  ips?: string[];
  ipFamilies?: string[];
  sessionAffinity?: string;
  sessionAffinityConfig?: SessionAffinityConfig;
  internalTrafficPolicy?: string;
  trafficDistribution?: string;
}

export interface ServiceImport extends KubeObject {
  spec?: ServiceImportSpec;
  status?: { clusters?: { cluster: string }[]; conditions?: Condition[] };
}

export const serviceImports: Resource<ServiceImport> = {
  ...MULTICLUSTER,
  plural: "serviceimports",
  kind: "ServiceImport",
  namespaced: true,
};

/** Labels of EndpointSlices: of which ServiceImport they are, and of which cluster their endpoints. */
export const MULTICLUSTER_SERVICE = "multicluster.kubernetes.io/service-name";
export const SOURCE_CLUSTER = "multicluster.kubernetes.io/source-cluster";
