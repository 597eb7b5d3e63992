/** Replica sets. Kubernetes: pkg/registry/apps/replicaset, pkg/apis/apps/v1/defaults.go */
import type { ReplicaSet } from "kubernetes-types/apps/v1";
import { replicaSets } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { setTemplateDefaults, WORKLOAD_SCALE, workloadColumns } from "./template.ts";
import { validateReplicaSet, validateSelectorUpdate } from "./validation.ts";

export const replicaSetStrategy = anyStrategy<ReplicaSet>({
  resource: replicaSets,
  singular: "replicaset",
  shortNames: ["rs"],
  categories: ["all"],
  status: true,
  scale: WORKLOAD_SCALE,
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
