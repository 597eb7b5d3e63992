/** The built-in resources that our components address, with their static types. Kubernetes: staging/src/k8s.io/api */

import type {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "kubernetes-types/admissionregistration/v1";
import type { CustomResourceDefinition } from "kubernetes-types/apiextensions/v1";
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "kubernetes-types/apps/v1";
import type { HorizontalPodAutoscaler } from "kubernetes-types/autoscaling/v2";
import type { CronJob, Job } from "kubernetes-types/batch/v1";
import type { CertificateSigningRequest } from "kubernetes-types/certificates/v1";
import type { Lease } from "kubernetes-types/coordination/v1";
import type {
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import type { Event as EventsEvent } from "kubernetes-types/events/v1";
import type { Ingress, IngressClass, NetworkPolicy } from "kubernetes-types/networking/v1";
import type { RuntimeClass } from "kubernetes-types/node/v1";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from "kubernetes-types/rbac/v1";
import type { PriorityClass } from "kubernetes-types/scheduling/v1";
import type { CSIDriver, CSINode, StorageClass, VolumeAttachment } from "kubernetes-types/storage/v1";
import type { Resource } from "./gvk.ts";

export const namespaces = cluster<Namespace>("", "v1", "namespaces", "Namespace");
export const nodes = cluster<Node>("", "v1", "nodes", "Node");
export const persistentVolumes = cluster<PersistentVolume>("", "v1", "persistentvolumes", "PersistentVolume");
export const pods = namespaced<Pod>("", "v1", "pods", "Pod");
export const services = namespaced<Service>("", "v1", "services", "Service");
export const endpoints = namespaced<Endpoints>("", "v1", "endpoints", "Endpoints");
export const configMaps = namespaced<ConfigMap>("", "v1", "configmaps", "ConfigMap");
export const secrets = namespaced<Secret>("", "v1", "secrets", "Secret");
export const serviceAccounts = namespaced<ServiceAccount>("", "v1", "serviceaccounts", "ServiceAccount");
export const persistentVolumeClaims = namespaced<PersistentVolumeClaim>(
  "",
  "v1",
  "persistentvolumeclaims",
  "PersistentVolumeClaim",
);
export const events = namespaced<EventsEvent>("events.k8s.io", "v1", "events", "Event");
export const coreEvents = namespaced<Event>("", "v1", "events", "Event");
export const limitRanges = namespaced<LimitRange>("", "v1", "limitranges", "LimitRange");
export const resourceQuotas = namespaced<ResourceQuota>("", "v1", "resourcequotas", "ResourceQuota");
export const podTemplates = namespaced<PodTemplate>("", "v1", "podtemplates", "PodTemplate");
export const replicationControllers = namespaced<ReplicationController>(
  "",
  "v1",
  "replicationcontrollers",
  "ReplicationController",
);

export const deployments = namespaced<Deployment>("apps", "v1", "deployments", "Deployment");
export const replicaSets = namespaced<ReplicaSet>("apps", "v1", "replicasets", "ReplicaSet");
export const statefulSets = namespaced<StatefulSet>("apps", "v1", "statefulsets", "StatefulSet");
export const daemonSets = namespaced<DaemonSet>("apps", "v1", "daemonsets", "DaemonSet");
export const controllerRevisions = namespaced<ControllerRevision>(
  "apps",
  "v1",
  "controllerrevisions",
  "ControllerRevision",
);

export const jobs = namespaced<Job>("batch", "v1", "jobs", "Job");
export const cronJobs = namespaced<CronJob>("batch", "v1", "cronjobs", "CronJob");
export const horizontalPodAutoscalers = namespaced<HorizontalPodAutoscaler>(
  "autoscaling",
  "v2",
  "horizontalpodautoscalers",
  "HorizontalPodAutoscaler",
);
export const podDisruptionBudgets = namespaced<PodDisruptionBudget>(
  "policy",
  "v1",
  "poddisruptionbudgets",
  "PodDisruptionBudget",
);
export const endpointSlices = namespaced<EndpointSlice>("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
export const leases = namespaced<Lease>("coordination.k8s.io", "v1", "leases", "Lease");
export const ingresses = namespaced<Ingress>("networking.k8s.io", "v1", "ingresses", "Ingress");
export const ingressClasses = cluster<IngressClass>("networking.k8s.io", "v1", "ingressclasses", "IngressClass");
export const networkPolicies = namespaced<NetworkPolicy>("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy");
export const roles = namespaced<Role>("rbac.authorization.k8s.io", "v1", "roles", "Role");
export const roleBindings = namespaced<RoleBinding>("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
export const clusterRoles = cluster<ClusterRole>("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole");
export const clusterRoleBindings = cluster<ClusterRoleBinding>(
  "rbac.authorization.k8s.io",
  "v1",
  "clusterrolebindings",
  "ClusterRoleBinding",
);
export const certificateSigningRequests = cluster<CertificateSigningRequest>(
  "certificates.k8s.io",
  "v1",
  "certificatesigningrequests",
  "CertificateSigningRequest",
);
export const storageClasses = cluster<StorageClass>("storage.k8s.io", "v1", "storageclasses", "StorageClass");
export const csiDrivers = cluster<CSIDriver>("storage.k8s.io", "v1", "csidrivers", "CSIDriver");
export const csiNodes = cluster<CSINode>("storage.k8s.io", "v1", "csinodes", "CSINode");
export const volumeAttachments = cluster<VolumeAttachment>(
  "storage.k8s.io",
  "v1",
  "volumeattachments",
  "VolumeAttachment",
);
export const priorityClasses = cluster<PriorityClass>("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass");
export const runtimeClasses = cluster<RuntimeClass>("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass");
export const mutatingWebhookConfigurations = cluster<MutatingWebhookConfiguration>(
  "admissionregistration.k8s.io",
  "v1",
  "mutatingwebhookconfigurations",
  "MutatingWebhookConfiguration",
);
export const validatingWebhookConfigurations = cluster<ValidatingWebhookConfiguration>(
  "admissionregistration.k8s.io",
  "v1",
  "validatingwebhookconfigurations",
  "ValidatingWebhookConfiguration",
);
export const customResourceDefinitions = cluster<CustomResourceDefinition>(
  "apiextensions.k8s.io",
  "v1",
  "customresourcedefinitions",
  "CustomResourceDefinition",
);

function namespaced<T>(group: string, version: string, plural: string, kind: string): Resource<T> {
  return { group, version, plural, kind, namespaced: true };
}

function cluster<T>(group: string, version: string, plural: string, kind: string): Resource<T> {
  return { group, version, plural, kind, namespaced: false };
}
