/** What all workloads have: how they scale, their pod template, its defaults and what kubectl shows of it. */
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import type { KubeObject } from "#machinery/meta.ts";
import type { ScaleMapping } from "../../strategy.ts";
import { type ColumnSpec, templateColumns } from "../columns.ts";
import { setPodSpecDefaults } from "../core/pod-spec/defaults.ts";
import type { Workload } from "./validation.ts";

export const WORKLOAD_SCALE: ScaleMapping = {
  specReplicasPath: "spec.replicas",
  statusReplicasPath: "status.replicas",
  labelSelectorPath: "spec.selector",
};

export function setTemplateDefaults(template: PodTemplateSpec): void {
  if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
}

export function workloadColumns<T extends Workload & KubeObject>(): ColumnSpec<T>[] {
  return templateColumns<T>(
    ({ spec }) => spec?.template,
    ({ spec }) => spec?.selector,
  );
}
