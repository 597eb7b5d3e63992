/** Deployments. Kubernetes: pkg/registry/apps/deployment, pkg/apis/apps/v1/defaults.go */
import type { Deployment } from "kubernetes-types/apps/v1";
import { deployments } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { fillConditionTimes } from "../conditions.ts";
import { setTemplateDefaults, WORKLOAD_SCALE, workloadColumns } from "./template.ts";
import { validateDeployment, validateSelectorUpdate } from "./validation.ts";

export const deploymentStrategy = anyStrategy<Deployment>({
  resource: deployments,
  singular: "deployment",
  shortNames: ["deploy"],
  categories: ["all"],
  status: true,
  scale: WORKLOAD_SCALE,
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
