/** Daemon sets. Kubernetes: pkg/registry/apps/daemonset, pkg/apis/apps/v1/defaults.go */
import { isDeepStrictEqual } from "node:util";
import type { DaemonSet } from "kubernetes-types/apps/v1";
import { daemonSets } from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, pairs, table } from "../columns.ts";
import { setTemplateDefaults, workloadColumns } from "./template.ts";
import { validateDaemonSet, validateSelectorUpdate } from "./validation.ts";

const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

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

/** An annotation that stands for a field of extensions/v1beta1. */
function setTemplateGeneration(set: DaemonSet, generation: number): void {
  const annotations = { ...set.metadata?.annotations, [TEMPLATE_GENERATION]: String(generation) };
  set.metadata = { ...set.metadata, annotations };
}
