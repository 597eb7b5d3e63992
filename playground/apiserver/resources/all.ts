/** The one list of built-in kinds that are stored and served by the generic handlers. */
import type { AnyStrategy } from "../strategy.ts";
import { mutatingWebhookConfigurationStrategy } from "./admissionregistration/mutatingwebhookconfiguration.ts";
import { validatingWebhookConfigurationStrategy } from "./admissionregistration/validatingwebhookconfiguration.ts";
import { controllerRevisionStrategy } from "./apps/controllerrevision.ts";
import { daemonSetStrategy } from "./apps/daemonset.ts";
import { deploymentStrategy } from "./apps/deployment.ts";
import { replicaSetStrategy } from "./apps/replicaset.ts";
import { statefulSetStrategy } from "./apps/statefulset.ts";
import { horizontalPodAutoscalerStrategy } from "./autoscaling/horizontalpodautoscaler.ts";
import { cronJobStrategy } from "./batch/cronjob.ts";
import { jobStrategy } from "./batch/job.ts";
import { csrStrategy } from "./certificates/certificatesigningrequest.ts";
import { leaseStrategy } from "./coordination/lease.ts";
import { configMapStrategy } from "./core/configmap.ts";
import { endpointsStrategy } from "./core/endpoints.ts";
import { eventStrategy } from "./core/event.ts";
import { limitRangeStrategy } from "./core/limitrange.ts";
import { namespaceStrategy } from "./core/namespace.ts";
import { nodeStrategy } from "./core/node.ts";
import { persistentVolumeStrategy } from "./core/persistentvolume.ts";
import { persistentVolumeClaimStrategy } from "./core/persistentvolumeclaim.ts";
import { podStrategy } from "./core/pod.ts";
import { podTemplateStrategy } from "./core/podtemplate.ts";
import { replicationControllerStrategy } from "./core/replicationcontroller.ts";
import { resourceQuotaStrategy } from "./core/resourcequota.ts";
import { secretStrategy } from "./core/secret.ts";
import { serviceStrategy } from "./core/service.ts";
import { serviceAccountStrategy } from "./core/serviceaccount.ts";
import { endpointSliceStrategy } from "./discovery/endpointslice.ts";
import { eventsEventStrategy } from "./events/event.ts";
import { ingressStrategy } from "./networking/ingress.ts";
import { ingressClassStrategy } from "./networking/ingressclass.ts";
import { networkPolicyStrategy } from "./networking/networkpolicy.ts";
import { runtimeClassStrategy } from "./node/runtimeclass.ts";
import { podDisruptionBudgetStrategy } from "./policy/poddisruptionbudget.ts";
import { clusterRoleStrategy } from "./rbac/clusterrole.ts";
import { clusterRoleBindingStrategy } from "./rbac/clusterrolebinding.ts";
import { roleStrategy } from "./rbac/role.ts";
import { roleBindingStrategy } from "./rbac/rolebinding.ts";
import { priorityClassStrategy } from "./scheduling/priorityclass.ts";
import { csiDriverStrategy } from "./storage/csidriver.ts";
import { csiNodeStrategy } from "./storage/csinode.ts";
import { storageClassStrategy } from "./storage/storageclass.ts";
import { volumeAttachmentStrategy } from "./storage/volumeattachment.ts";

export const builtinStrategies: readonly AnyStrategy[] = [
  configMapStrategy,
  endpointsStrategy,
  eventStrategy,
  limitRangeStrategy,
  namespaceStrategy,
  nodeStrategy,
  persistentVolumeStrategy,
  persistentVolumeClaimStrategy,
  podStrategy,
  podTemplateStrategy,
  replicationControllerStrategy,
  resourceQuotaStrategy,
  secretStrategy,
  serviceStrategy,
  serviceAccountStrategy,
  mutatingWebhookConfigurationStrategy,
  validatingWebhookConfigurationStrategy,
  controllerRevisionStrategy,
  daemonSetStrategy,
  deploymentStrategy,
  replicaSetStrategy,
  statefulSetStrategy,
  horizontalPodAutoscalerStrategy,
  cronJobStrategy,
  jobStrategy,
  csrStrategy,
  leaseStrategy,
  endpointSliceStrategy,
  eventsEventStrategy,
  ingressStrategy,
  ingressClassStrategy,
  networkPolicyStrategy,
  runtimeClassStrategy,
  podDisruptionBudgetStrategy,
  clusterRoleStrategy,
  clusterRoleBindingStrategy,
  roleStrategy,
  roleBindingStrategy,
  priorityClassStrategy,
  csiDriverStrategy,
  csiNodeStrategy,
  storageClassStrategy,
  volumeAttachmentStrategy,
];
