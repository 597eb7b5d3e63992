/** The apps group. Kubernetes: pkg/registry/apps, pkg/apis/apps/{v1/defaults.go,validation} */
import { isDeepStrictEqual } from "node:util";
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "kubernetes-types/apps/v1";
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { controllerRevisions, daemonSets, deployments, replicaSets, statefulSets } from "#machinery/builtin.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { type LabelSelector, selects } from "#machinery/selector.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, type ColumnSpec, joined, pairs, table } from "../columns.ts";
import { setPodSpecDefaults, validatePodTemplate } from "../core/pod-template.ts";

interface Workload {
  readonly spec?: { readonly selector?: LabelSelector; readonly template?: PodTemplateSpec };
}

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
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    spec.strategy ??= {};
    spec.strategy.type ??= "RollingUpdate";
    if (spec.strategy.type === "RollingUpdate") {
      spec.strategy.rollingUpdate ??= {};
      spec.strategy.rollingUpdate.maxSurge ??= "25%";
      spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
    }
    setTemplateDefaults(spec.template);
  },
  validate: validateDeployment,
  prepareForUpdate: keepStatus,
  validateUpdate: (next, previous) => [...validateDeployment(next), ...validateSelectorUpdate(next, previous)],
  table: table<Deployment>([
    { name: "Ready", value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}` },
    { name: "Up-to-date", value: ({ status }) => status?.updatedReplicas ?? 0 },
    { name: "Available", value: ({ status }) => status?.availableReplicas ?? 0 },
    age(),
    ...templateColumns<Deployment>(),
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
  prepareForCreate: (set) => Object.assign(set, { status: { replicas: 0 } }),
  validate: (set) => [...validateWorkload(set), ...validateReplicas(set.spec?.replicas)],
  prepareForUpdate: keepStatus,
  validateUpdate: (next, previous) => [
    ...validateWorkload(next),
    ...validateReplicas(next.spec?.replicas),
    ...validateSelectorUpdate(next, previous),
  ],
  fieldLabels: { "status.replicas": ({ status }) => String(status?.replicas ?? 0) },
  table: table<ReplicaSet>([
    { name: "Desired", type: "integer", value: ({ spec }) => spec?.replicas ?? 0 },
    { name: "Current", type: "integer", value: ({ status }) => status?.replicas ?? 0 },
    { name: "Ready", type: "integer", value: ({ status }) => status?.readyReplicas ?? 0 },
    age(),
    ...templateColumns<ReplicaSet>(),
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
    spec.podManagementPolicy ??= "OrderedReady";
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ??= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") spec.updateStrategy.rollingUpdate ??= { partition: 0 };
    spec.persistentVolumeClaimRetentionPolicy ??= { whenDeleted: "Retain", whenScaled: "Retain" };
    setTemplateDefaults(spec.template);
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ??= "v1";
      claim.kind ??= "PersistentVolumeClaim";
      if (claim.spec !== undefined) claim.spec.volumeMode ??= "Filesystem";
    }
  },
  prepareForCreate: (set) => Object.assign(set, { status: { replicas: 0, availableReplicas: 0 } }),
  validate: (set) => [...validateWorkload(withClaims(set)), ...validateReplicas(set.spec?.replicas)],
  prepareForUpdate: keepStatus,
  validateUpdate: (next, previous) => [
    ...validateWorkload(withClaims(next)),
    ...validateReplicas(next.spec?.replicas),
    ...validateStatefulUpdate(next, previous),
  ],
  table: table<StatefulSet>([
    { name: "Ready", value: ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}` },
    age(),
    ...templateColumns<StatefulSet>().slice(0, 2),
  ]),
});

export const daemonSetStrategy = anyStrategy<DaemonSet>({
  resource: daemonSets,
  singular: "daemonset",
  shortNames: ["ds"],
  categories: ["all"],
  status: true,
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.revisionHistoryLimit ??= 10;
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ??= "RollingUpdate";
    if (spec.updateStrategy.type === "RollingUpdate") {
      spec.updateStrategy.rollingUpdate ??= {};
      spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
      spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
    }
    setTemplateDefaults(spec.template);
  },
  prepareForCreate: (set) =>
    Object.assign(set, {
      status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
    }),
  validate: validateWorkload,
  prepareForUpdate: keepStatus,
  validateUpdate: (next, previous) => [...validateWorkload(next), ...validateSelectorUpdate(next, previous)],
  table: table<DaemonSet>([
    { name: "Desired", type: "integer", value: ({ status }) => status?.desiredNumberScheduled ?? 0 },
    { name: "Current", type: "integer", value: ({ status }) => status?.currentNumberScheduled ?? 0 },
    { name: "Ready", type: "integer", value: ({ status }) => status?.numberReady ?? 0 },
    { name: "Up-to-date", type: "integer", value: ({ status }) => status?.updatedNumberScheduled ?? 0 },
    { name: "Available", type: "integer", value: ({ status }) => status?.numberAvailable ?? 0 },
    { name: "Node Selector", value: ({ spec }) => pairs(spec?.template.spec?.nodeSelector) },
    age(),
    ...templateColumns<DaemonSet>(),
  ]),
});

export const controllerRevisionStrategy = anyStrategy<ControllerRevision>({
  resource: controllerRevisions,
  singular: "controllerrevision",
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

function keepStatus(next: { status?: unknown }, previous: { status?: unknown }): void {
  if (previous.status === undefined) Reflect.deleteProperty(next, "status");
  else Object.assign(next, { status: previous.status });
}

function validateDeployment(deployment: Deployment): FieldError[] {
  const errors = [...validateWorkload(deployment), ...validateReplicas(deployment.spec?.replicas)];
  const type = deployment.spec?.strategy?.type;
  if (type !== undefined && !["Recreate", "RollingUpdate"].includes(type)) {
    errors.push(notSupported("spec.strategy.type", type, ["Recreate", "RollingUpdate"]));
  }
  const policy = deployment.spec?.template.spec?.restartPolicy;
  if (policy !== undefined && policy !== "Always") {
    errors.push(notSupported("spec.template.spec.restartPolicy", policy, ["Always"]));
  }
  return errors;
}

/** Its pods will have a volume for each claim template. */
function withClaims(set: StatefulSet): StatefulSet {
  const { spec } = set;
  const podSpec = spec?.template.spec;
  if (spec === undefined || podSpec === undefined) return set;
  const names = new Set((spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name ?? ""));
  const own = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const volumes = [...(podSpec.volumes ?? []).filter(({ name }) => !names.has(name)), ...own];
  return { ...set, spec: { ...spec, template: { ...spec.template, spec: { ...podSpec, volumes } } } };
}

const STATEFUL_MUTABLE = [
  "replicas",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
  "ordinals",
];
const STATEFUL_FORBIDDEN =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function validateStatefulUpdate(next: StatefulSet, previous: StatefulSet): FieldError[] {
  const fixed = ({ spec }: StatefulSet): unknown[] =>
    Object.entries(spec ?? {})
      .filter(([field]) => !STATEFUL_MUTABLE.includes(field))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  return isDeepStrictEqual(fixed(next), fixed(previous)) ? [] : [forbidden("spec", STATEFUL_FORBIDDEN)];
}

function validateWorkload({ spec }: Workload): FieldError[] {
  if (spec === undefined) return [required("spec.selector"), required("spec.template.spec.containers")];
  const errors: FieldError[] = [];
  const { selector, template } = spec;
  const isEmpty =
    Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
  if (selector === undefined) errors.push(required("spec.selector"));
  else if (isEmpty) errors.push(invalid("spec.selector", selector, "empty selector is invalid for deployment"));
  else if (template !== undefined && !selects(selector, template.metadata?.labels)) {
    errors.push(
      invalid(
        "spec.template.metadata.labels",
        template.metadata?.labels ?? null,
        "`selector` does not match template `labels`",
      ),
    );
  }
  return [...errors, ...validatePodTemplate(template, "spec.template")];
}

function validateReplicas(replicas: number | undefined): FieldError[] {
  return (replicas ?? 0) < 0 ? [invalid("spec.replicas", replicas, "must be greater than or equal to 0")] : [];
}

function validateSelectorUpdate(next: Workload, previous: Workload): FieldError[] {
  if (JSON.stringify(next.spec?.selector) === JSON.stringify(previous.spec?.selector)) return [];
  return [invalid("spec.selector", next.spec?.selector, "field is immutable")];
}

function templateColumns<T extends Workload>(): ColumnSpec<T>[] {
  return [
    {
      name: "Containers",
      value: ({ spec }) => joined(spec?.template?.spec?.containers.map(({ name }) => name)),
      wide: true,
    },
    {
      name: "Images",
      value: ({ spec }) => joined(spec?.template?.spec?.containers.map(({ image }) => image ?? "")),
      wide: true,
    },
    { name: "Selector", value: ({ spec }) => pairs(spec?.selector?.matchLabels), wide: true },
  ];
}
