/** Replication controllers. Kubernetes: pkg/registry/core/replicationcontroller */
import type { ReplicationController } from "kubernetes-types/core/v1";
import { replicationControllers } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { WORKLOAD_SCALE } from "../apps/template.ts";
import { validateReplicationController } from "../apps/validation.ts";
import { age, table, templateColumns } from "../columns.ts";
import { setPodSpecDefaults } from "./pod-spec/defaults.ts";

export const replicationControllerStrategy = anyStrategy<ReplicationController>({
  resource: replicationControllers,
  singular: "replicationcontroller",
  shortNames: ["rc"],
  categories: ["all"],
  status: true,
  defaultPropagation: "Orphan",
  scale: WORKLOAD_SCALE,
  setDefaults: (controller) => {
    const { spec } = controller;
    if (spec === undefined) return;
    spec.replicas ??= 1;
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined) {
      spec.selector ??= { ...labels };
      controller.metadata = { ...controller.metadata, labels: controller.metadata?.labels ?? { ...labels } };
    }
    if (spec.template?.spec !== undefined) setPodSpecDefaults(spec.template.spec);
  },
  empty: { status: { replicas: 0 } },
  validate: validateReplicationController,
  validateUpdate: validateReplicationController,
  table: table<ReplicationController>([
    { name: "Desired", type: "integer", value: (rc) => rc.spec?.replicas ?? 0 },
    { name: "Current", type: "integer", value: (rc) => rc.status?.replicas ?? 0 },
    { name: "Ready", type: "integer", value: (rc) => rc.status?.readyReplicas ?? 0 },
    age(),
    ...templateColumns<ReplicationController>(
      ({ spec }) => spec?.template,
      ({ spec }) => ({ matchLabels: spec?.selector ?? {} }),
    ),
  ]),
});
