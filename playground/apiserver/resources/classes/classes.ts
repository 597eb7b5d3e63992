/** Disruption budgets, autoscalers, leases, classes and webhook configurations: kinds with little behaviour of their own. */
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "kubernetes-types/admissionregistration/v1";
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from "kubernetes-types/autoscaling/v2";
import type { Lease } from "kubernetes-types/coordination/v1";
import type { RuntimeClass } from "kubernetes-types/node/v1";
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import type { PriorityClass } from "kubernetes-types/scheduling/v1";
import type { CSIDriver, CSINode, StorageClass, VolumeAttachment } from "kubernetes-types/storage/v1";
import {
  csiDrivers,
  csiNodes,
  horizontalPodAutoscalers,
  leases,
  mutatingWebhookConfigurations,
  podDisruptionBudgets,
  priorityClasses,
  runtimeClasses,
  storageClasses,
  validatingWebhookConfigurations,
  volumeAttachments,
} from "#machinery/builtin.ts";
import { invalid, notSupported, required } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";

export const podDisruptionBudgetStrategy = anyStrategy<PodDisruptionBudget>({
  resource: podDisruptionBudgets,
  singular: "poddisruptionbudget",
  shortNames: ["pdb"],
  status: true,
  empty: { status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } },
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
  validate: ({ spec }) =>
    spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined
      ? [invalid("spec", "<spec>", "minAvailable and maxUnavailable cannot be both set")]
      : [],
  table: table<PodDisruptionBudget>([
    { name: "Min Available", value: ({ spec }) => String(spec?.minAvailable ?? "N/A") },
    { name: "Max Unavailable", value: ({ spec }) => String(spec?.maxUnavailable ?? "N/A") },
    { name: "Allowed Disruptions", type: "integer", value: ({ status }) => status?.disruptionsAllowed ?? 0 },
    age(),
  ]),
});

export const horizontalPodAutoscalerStrategy = anyStrategy<HorizontalPodAutoscaler>({
  resource: horizontalPodAutoscalers,
  singular: "horizontalpodautoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  status: true,
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.minReplicas ??= 1;
    spec.metrics ??= [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
    ];
  },
  generation: false,
  empty: { status: { desiredReplicas: 0, currentMetrics: null } },
  prepareForUpdate: (next, previous) => Object.assign(next, { status: previous.status }),
  validate: ({ spec }) =>
    (spec?.maxReplicas ?? 0) < 1 ? [invalid("spec.maxReplicas", spec?.maxReplicas ?? 0, "must be greater than 0")] : [],
  table: table<HorizontalPodAutoscaler>([
    { name: "Reference", value: ({ spec }) => `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}` },
    { name: "Targets", value: ({ spec, status }) => targetsText(spec?.metrics ?? [], status?.currentMetrics ?? []) },
    { name: "MinPods", value: ({ spec }) => String(spec?.minReplicas ?? 1) },
    { name: "MaxPods", value: ({ spec }) => spec?.maxReplicas ?? 0 },
    { name: "Replicas", value: ({ status }) => status?.currentReplicas ?? 0 },
    age(),
  ]),
});

/** `cpu: <unknown>/80%`, comma-separated, two at most. Kubernetes: pkg/printers/internalversion (formatHPAMetrics) */
function targetsText(specs: readonly MetricSpec[], current: readonly MetricStatus[]): string {
  if (specs.length === 0) return "<none>";
  const shown = specs.slice(0, 2).map((spec, i) => {
    const source = spec.resource ?? spec.containerResource;
    const target = source?.target ?? (spec.pods ?? spec.object ?? spec.external)?.target;
    const now = current[i]?.resource?.current;
    const isUtilization = target?.averageUtilization !== undefined;
    const value = isUtilization ? now?.averageUtilization : now?.averageValue;
    const unit = isUtilization ? "%" : "";
    const wanted = `${target?.averageUtilization ?? target?.averageValue ?? target?.value ?? "<auto>"}${unit}`;
    const text = `${value === undefined ? "<unknown>" : `${value}${unit}`}/${wanted}`;
    return source === undefined ? text : `${source.name}: ${text}`;
  });
  return specs.length > 2 ? `${shown.join(", ")} + ${specs.length - 2} more...` : shown.join(", ");
}

export const leaseStrategy = anyStrategy<Lease>({
  resource: leases,
  singular: "lease",
  validate: ({ spec }) =>
    spec?.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0
      ? [invalid("spec.leaseDurationSeconds", spec.leaseDurationSeconds, "must be greater than 0")]
      : [],
  table: table<Lease>([{ name: "Holder", value: ({ spec }) => spec?.holderIdentity ?? "" }, age()]),
});

export const priorityClassStrategy = anyStrategy<PriorityClass>({
  resource: priorityClasses,
  singular: "priorityclass",
  shortNames: ["pc"],
  generation: true,
  setDefaults: (priority) => {
    priority.preemptionPolicy ??= "PreemptLowerPriority";
  },
  table: table<PriorityClass>([
    { name: "Value", type: "integer", value: ({ value }) => value },
    { name: "Global-Default", type: "boolean", value: ({ globalDefault }) => globalDefault ?? false },
    age(),
    { name: "PreemptionPolicy", value: ({ preemptionPolicy }) => preemptionPolicy },
  ]),
});

export const runtimeClassStrategy = anyStrategy<RuntimeClass>({
  resource: runtimeClasses,
  singular: "runtimeclass",
  validate: ({ handler }) => ((handler ?? "") === "" ? [required("handler")] : []),
  table: table<RuntimeClass>([{ name: "Handler", value: ({ handler }) => handler }, age()]),
});

export const storageClassStrategy = anyStrategy<StorageClass>({
  resource: storageClasses,
  singular: "storageclass",
  shortNames: ["sc"],
  setDefaults: (storage) => {
    storage.reclaimPolicy ??= "Delete";
    storage.volumeBindingMode ??= "Immediate";
  },
  validate: ({ provisioner, reclaimPolicy }) => [
    ...((provisioner ?? "") === "" ? [required("provisioner")] : []),
    ...(["Delete", "Retain"].includes(reclaimPolicy ?? "")
      ? []
      : [notSupported("reclaimPolicy", reclaimPolicy, ["Delete", "Retain"])]),
  ],
  table: {
    columns: table<StorageClass>([
      { name: "Provisioner", value: () => "" },
      { name: "ReclaimPolicy", value: () => "" },
      { name: "VolumeBindingMode", value: () => "" },
      { name: "AllowVolumeExpansion", type: "string", value: () => "" },
      age(),
    ]).columns,
    cells: (storage, nowMs) => {
      const isDefault = storage.metadata?.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
      const name = storage.metadata?.name ?? "";
      return [
        isDefault ? `${name} (default)` : name,
        storage.provisioner,
        storage.reclaimPolicy ?? "",
        storage.volumeBindingMode ?? "",
        storage.allowVolumeExpansion ?? false,
        age<StorageClass>().value(storage, nowMs) ?? "",
      ];
    },
  },
});

export const csiDriverStrategy = anyStrategy<CSIDriver>({
  resource: csiDrivers,
  singular: "csidriver",
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.volumeLifecycleModes ??= ["Persistent"];
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  table: table<CSIDriver>([
    { name: "AttachRequired", type: "boolean", value: ({ spec }) => spec?.attachRequired ?? true },
    { name: "PodInfoOnMount", type: "boolean", value: ({ spec }) => spec?.podInfoOnMount ?? false },
    { name: "StorageCapacity", type: "boolean", value: ({ spec }) => spec?.storageCapacity ?? false },
    {
      name: "TokenRequests",
      value: ({ spec }) => (spec?.tokenRequests ?? []).map(({ audience }) => audience).join(",") || "<unset>",
    },
    { name: "RequiresRepublish", type: "boolean", value: ({ spec }) => spec?.requiresRepublish ?? false },
    { name: "Modes", value: ({ spec }) => (spec?.volumeLifecycleModes ?? []).join(",") || "<none>" },
    age(),
  ]),
});

export const csiNodeStrategy = anyStrategy<CSINode>({
  resource: csiNodes,
  singular: "csinode",
  empty: { spec: { drivers: null } },
  table: table<CSINode>([{ name: "Drivers", type: "integer", value: ({ spec }) => spec?.drivers?.length ?? 0 }, age()]),
});

export const volumeAttachmentStrategy = anyStrategy<VolumeAttachment>({
  resource: volumeAttachments,
  singular: "volumeattachment",
  status: true,
  statusOnly: true,
  generation: false,
  empty: { status: { attached: false } },
  table: table<VolumeAttachment>([
    { name: "Attacher", format: "name", value: ({ spec }) => spec?.attacher },
    { name: "PV", value: ({ spec }) => spec?.source.persistentVolumeName ?? "" },
    { name: "Node", value: ({ spec }) => spec?.nodeName },
    { name: "Attached", type: "boolean", value: ({ status }) => status?.attached ?? false },
    age(),
  ]),
});

export const mutatingWebhookConfigurationStrategy = anyStrategy<MutatingWebhookConfiguration>({
  resource: mutatingWebhookConfigurations,
  singular: "mutatingwebhookconfiguration",
  categories: ["api-extensions"],
  generation: true,
  setDefaults: ({ webhooks }) => {
    for (const webhook of webhooks ?? []) {
      setWebhookDefaults(webhook);
      webhook.reinvocationPolicy ??= "Never";
    }
  },
  table: table<MutatingWebhookConfiguration>([
    { name: "Webhooks", type: "integer", value: ({ webhooks }) => webhooks?.length ?? 0 },
    age(),
  ]),
});

export const validatingWebhookConfigurationStrategy = anyStrategy<ValidatingWebhookConfiguration>({
  resource: validatingWebhookConfigurations,
  singular: "validatingwebhookconfiguration",
  categories: ["api-extensions"],
  generation: true,
  setDefaults: ({ webhooks }) => {
    for (const webhook of webhooks ?? []) setWebhookDefaults(webhook);
  },
  table: table<ValidatingWebhookConfiguration>([
    { name: "Webhooks", type: "integer", value: ({ webhooks }) => webhooks?.length ?? 0 },
    age(),
  ]),
});

/** Kubernetes: pkg/apis/admissionregistration/v1/defaults.go */
function setWebhookDefaults(webhook: Omit<MutatingWebhook, "reinvocationPolicy">): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  // The published types lack `scope`.
  for (const rule of (webhook.rules ?? []) as { scope?: string }[]) rule.scope ??= "*";
  if (webhook.clientConfig?.service !== undefined) webhook.clientConfig.service.port ??= 443;
}
