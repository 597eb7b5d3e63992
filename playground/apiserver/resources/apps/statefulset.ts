/** Stateful sets. Kubernetes: pkg/registry/apps/statefulset, pkg/apis/apps/v1/defaults.go */
import type { StatefulSet } from "kubernetes-types/apps/v1";
import { statefulSets } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { setTemplateDefaults, WORKLOAD_SCALE, workloadColumns } from "./template.ts";
import { validateStatefulSet, validateStatefulUpdate } from "./validation.ts";

export const statefulSetStrategy = anyStrategy<StatefulSet>({
  resource: statefulSets,
  singular: "statefulset",
  shortNames: ["sts"],
  categories: ["all"],
  status: true,
  scale: WORKLOAD_SCALE,
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
