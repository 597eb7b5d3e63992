/** The apps group. Kubernetes: pkg/registry/apps, pkg/apis/apps/{v1/defaults.go,validation} */
import { isDeepStrictEqual } from "node:util";
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "kubernetes-types/apps/v1";
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { controllerRevisions, daemonSets, deployments, replicaSets, statefulSets } from "#machinery/builtin.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, type ColumnSpec, pairs, table, templateColumns } from "../columns.ts";
import { fillConditionTimes } from "../conditions.ts";
import { setPodSpecDefaults } from "../core/pod-spec/defaults.ts";
import { validateImmutable } from "../validation.ts";
import {
  validateDaemonSet,
  validateDeployment,
  validateReplicaSet,
  validateRevision,
  validateSelectorUpdate,
  validateStatefulSet,
  validateStatefulUpdate,
  type Workload,
} from "./validation.ts";

const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

export const deploymentStrategy = anyStrategy<Deployment>({
  resource: deployments,
  singular: "deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  status: true,
  scale: {
    specReplicasPath: "spec.replicas",
    statusReplicasPath: "status.replicas",
    labelSelectorPath: "spec.selector",
  },
  setDefaults: ({ spec, status }) => {
    fillConditionTimes(status, ["lastUpdateTime", "lastTransitionTime"]);
    if (spec === undefined) return;
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    spec.strategy ??= {};
    spec.strategy.type ||= "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
    }
    setTemplateDefaults(spec.template);
  },
  validate: validateDeployment,
  validateUpdate: (next, previous) => [...validateDeployment(next), ...validateSelectorUpdate(next, previous)],
  table: table<Deployment>([
    { name: "Ready", value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}` },
    { name: "Up-to-date", value: ({ status }) => status?.updatedReplicas ?? 0 },
    { name: "Available", value: ({ status }) => status?.availableReplicas ?? 0 },
    age(),
    ...workloadColumns<Deployment>(),
  ]),
});

export const replicaSetStrategy = anyStrategy<ReplicaSet>({
  resource: replicaSets,
  singular: "replicaset",
  shortNames: ["rs"],
  categories: ["all"],
  status: true,
  scale: {
    specReplicasPath: "spec.replicas",
    statusReplicasPath: "status.replicas",
    labelSelectorPath: "spec.selector",
  },
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.replicas ??= 1;
    if (spec.template !== undefined) setTemplateDefaults(spec.template);
  },
  empty: { status: { replicas: 0 } },
  validate: validateReplicaSet,
  validateUpdate: (next, previous) => [...validateReplicaSet(next), ...validateSelectorUpdate(next, previous)],
  fieldLabels: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  table: table<ReplicaSet>([
    { name: "Desired", type: "integer", value: ({ spec }) => spec?.replicas ?? 0 },
    { name: "Current", type: "integer", value: ({ status }) => status?.replicas ?? 0 },
    { name: "Ready", type: "integer", value: ({ status }) => status?.readyReplicas ?? 0 },
    age(),
    ...workloadColumns<ReplicaSet>(),
  ]),
});

export const statefulSetStrategy = anyStrategy<StatefulSet>({
  resource: statefulSets,
  singular: "statefulset",
  shortNames: ["sts"],
  categories: ["all"],
  status: true,
  scale: {
    specReplicasPath: "spec.replicas",
    statusReplicasPath: "status.replicas",
    labelSelectorPath: "spec.selector",
  },
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.podManagementPolicy ||= "OrderedReady";
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") spec.updateStrategy.rollingUpdate ??= { partition: 0 };
    spec.persistentVolumeClaimRetentionPolicy ??= { whenDeleted: "Retain", whenScaled: "Retain" };
    setTemplateDefaults(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= "v1";
      claim.kind ??= "PersistentVolumeClaim";
      if (claim.spec !== undefined) claim.spec.volumeMode ??= "Filesystem";
      Object.assign(claim, { status: { ...claim.status, phase: claim.status?.phase ?? "Pending" } });
    }
  },
  empty: { status: { replicas: 0, availableReplicas: 0 } },
  validate: (set) => validateStatefulSet(set, true),
  validateUpdate: (next, previous) => [...validateStatefulSet(next, false), ...validateStatefulUpdate(next, previous)],
  table: table<StatefulSet>([
    { name: "Ready", value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}` },
    age(),
    ...workloadColumns<StatefulSet>().slice(0, 2),
  ]),
});

export const daemonSetStrategy = anyStrategy<DaemonSet>({
  resource: daemonSets,
  singular: "daemonset",
  shortNames: ["ds"],
  categories: ["all"],
  status: true,
  setDefaults: (set) => {
    const { spec } = set;
    if (spec === undefined) return;
    // Whoever writes the object owns the annotation, whose value is the server's.
    if (set.metadata?.annotations?.[TEMPLATE_GENERATION] === undefined) setTemplateGeneration(set, 0);
    spec.revisionHistoryLimit ??= 10;
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ||= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    setTemplateDefaults(spec.template);
  },
  empty: { status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 } },
  prepareForCreate: (set) => setTemplateGeneration(set, 1),
  validate: validateDaemonSet,
  prepareForUpdate: (next, previous) => {
    const before = Number(previous.metadata?.annotations?.[TEMPLATE_GENERATION] ?? 1);
    const isSame = isDeepStrictEqual(next.spec?.template, previous.spec?.template);
    setTemplateGeneration(next, isSame ? before : before + 1);
  },
  validateUpdate: (next, previous) => [...validateSelectorUpdate(next, previous), ...validateDaemonSet(next)],
  table: table<DaemonSet>([
    { name: "Desired", type: "integer", value: ({ status }) => status?.desiredNumberScheduled ?? 0 },
    { name: "Current", type: "integer", value: ({ status }) => status?.currentNumberScheduled ?? 0 },
    { name: "Ready", type: "integer", value: ({ status }) => status?.numberReady ?? 0 },
    { name: "Up-to-date", type: "integer", value: ({ status }) => status?.updatedNumberScheduled ?? 0 },
    { name: "Available", type: "integer", value: ({ status }) => status?.numberAvailable ?? 0 },
    { name: "Node Selector", value: ({ spec }) => pairs(spec?.template.spec?.nodeSelector) },
    age(),
    ...workloadColumns<DaemonSet>(),
  ]),
});

export const controllerRevisionStrategy = anyStrategy<ControllerRevision>({
  resource: controllerRevisions,
  singular: "controllerrevision",
  validate: validateRevision,
  validateUpdate: (next, previous) => [
    ...validateRevision(next),
    ...validateImmutable(next.data, previous.data, "data"),
  ],
  table: table<ControllerRevision>([
    {
      name: "Controller",
      value: ({ metadata }) => metadata?.ownerReferences?.map((o) => `${o.kind.toLowerCase()}.apps/${o.name}`)[0],
    },
    { name: "Revision", value: ({ revision }) => revision },
    age(),
  ]),
});

function setTemplateDefaults(template: PodTemplateSpec): void {
  if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
}

/** An annotation that stands for a field of extensions/v1beta1. */
function setTemplateGeneration(set: DaemonSet, generation: number): void {
  const annotations = { ...set.metadata?.annotations, [TEMPLATE_GENERATION]: String(generation) };
  set.metadata = { ...set.metadata, annotations };
}

function workloadColumns<T extends Workload & KubeObject>(): ColumnSpec<T>[] {
  return templateColumns<T>(
    ({ spec }) => spec?.template,
    ({ spec }) => spec?.selector,
  );
}
