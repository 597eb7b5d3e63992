/** VirtualNode and the options of its virtual kubelet. Upstream: apis/offloading/v1beta1/{virtualnode,vkoptionstemplate}_types.go */
import type { DeploymentSpec } from "kubernetes-types/apps/v1";
import type { ResourceQuotaSpec, ResourceRequirements } from "kubernetes-types/core/v1";
import {
  clusterId,
  dateTime,
  ingressClass,
  loadBalancerClass,
  localReference,
  objectReference,
  storageClass,
  stringMap,
  templateMetadata,
} from "../schema/common.ts";
import { array, boolean, builtin, integer, map, object, oneOf, required, string } from "../schema/dsl.ts";
import { AGE, defineKind, type ObjectOfKind } from "../schema/kind.ts";
import { nodeAffinity, taint, toleration } from "./selector.ts";

const GROUP = { group: "offloading.liqo.io", version: "v1beta1" } as const;

export const virtualNodes = defineKind({
  ...GROUP,
  kind: "VirtualNode",
  plural: "virtualnodes",
  shortNames: ["vn", "vnode", "virno", "vno"],
  description: "A Node that stands for resources of a provider, and the virtual kubelet behind it.",
  spec: object({
    annotations: stringMap,
    clusterID: clusterId,
    createNode: boolean(),
    disableNetworkCheck: boolean(),
    images: array(
      object({ names: array(string(), { "x-kubernetes-list-type": "atomic" }), sizeBytes: integer("int64") }),
    ),
    ingressClasses: array(ingressClass),
    kubeconfigSecretRef: localReference,
    labels: stringMap,
    loadBalancerClasses: array(loadBalancerClass),
    offloadingPatch: object({
      affinity: object({ nodeAffinity }),
      annotationsNotReflected: array(string()),
      labelsNotReflected: array(string()),
      nodeSelector: stringMap,
      runtimeClassName: string(),
      tolerations: array(toleration),
    }),
    resourceQuota: builtin<ResourceQuotaSpec>("core/v1.ResourceQuotaSpec"),
    storageClasses: array(storageClass),
    taints: array(taint),
    template: object({ metadata: templateMetadata, spec: builtin<DeploymentSpec>("apps/v1.DeploymentSpec") }),
    vkOptionsTemplateRef: objectReference,
  }),
  status: object({
    conditions: array(
      object({
        lastTransitionTime: dateTime,
        message: string(),
        reason: string(),
        status: required(oneOf(["None", "Running", "Creating", "Draining", "Deleting"], { default: "None" })),
        type: required(oneOf(["VirtualKubelet", "Node"])),
      }),
    ),
  }),
  subresources: "status",
  columns: [
    { name: "ClusterID", type: "string", jsonPath: ".spec.clusterID" },
    { name: "Create Node", type: "boolean", jsonPath: ".spec.createNode" },
    AGE,
    { name: "Node", type: "string", jsonPath: '.status.conditions[?(@.type=="Node")].status', priority: 1 },
    {
      name: "VirtualKubelet",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="VirtualKubelet")].status',
      priority: 1,
    },
  ],
});

export const vkOptionsTemplates = defineKind({
  ...GROUP,
  kind: "VkOptionsTemplate",
  plural: "vkoptionstemplates",
  shortNames: ["vkot", "vkopt"],
  description: "Defaults from which the Deployment of a virtual kubelet is forged.",
  spec: object({
    annotationsNotReflected: array(string()),
    containerImage: required(string()),
    createNode: required(boolean()),
    disableNetworkCheck: required(boolean()),
    extraAnnotations: stringMap,
    extraArgs: array(string()),
    extraLabels: stringMap,
    imagePullSecrets: array(localReference),
    labelsNotReflected: array(string()),
    metricsAddress: string(),
    metricsEnabled: required(boolean()),
    nodeExtraAnnotations: stringMap,
    nodeExtraLabels: stringMap,
    pullPolicy: string(),
    reflectorsConfig: map(object({ type: string(), workers: required(integer()) })),
    replicas: integer("int32"),
    resources: builtin<ResourceRequirements>("core/v1.ResourceRequirements"),
    tolerations: array(toleration),
  }),
  subresources: "none",
  columns: [AGE],
});

export type VirtualNode = ObjectOfKind<typeof virtualNodes>;
export type VkOptionsTemplate = ObjectOfKind<typeof vkOptionsTemplates>;
