/** Leases, classes and what CSI registers: kinds with little behaviour of their own. */
import type { Lease } from "kubernetes-types/coordination/v1";
import type { RuntimeClass } from "kubernetes-types/node/v1";
import type { PriorityClass } from "kubernetes-types/scheduling/v1";
import type { CSIDriver, CSINode, StorageClass, VolumeAttachment } from "kubernetes-types/storage/v1";
import {
  csiDrivers,
  csiNodes,
  leases,
  priorityClasses,
  runtimeClasses,
  storageClasses,
  volumeAttachments,
} from "#machinery/builtin.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { messages, validateImmutable, validateNonnegative } from "../validation.ts";

const LIFECYCLE_MODES = ["Persistent", "Ephemeral"];
const HIGHEST_USER_PRIORITY = 1_000_000_000;

export const leaseStrategy = anyStrategy<Lease>({
  resource: leases,
  singular: "lease",
  validate: validateLease,
  validateUpdate: validateLease,
  table: table<Lease>([{ name: "Holder", value: ({ spec }) => spec?.holderIdentity ?? "" }, age()]),
});

export const priorityClassStrategy = anyStrategy<PriorityClass>({
  resource: priorityClasses,
  singular: "priorityclass",
  shortNames: ["pc"],
  generation: "constant",
  setDefaults: (priority) => {
    priority.preemptionPolicy ??= "PreemptLowerPriority";
  },
  validate: ({ metadata, value }) =>
    value > HIGHEST_USER_PRIORITY && metadata?.name?.startsWith("system-") !== true
      ? [forbidden("value", `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`)]
      : [],
  validateUpdate: (next, previous) => [
    ...(next.value === previous.value ? [] : [forbidden("value", "may not be changed in an update.")]),
    ...validateImmutable(next.preemptionPolicy, previous.preemptionPolicy, "preemptionPolicy"),
  ],
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
  validate: ({ handler }) => messages("handler", handler ?? "", dns1123Label(handler ?? "")),
  validateUpdate: (next, previous) => validateImmutable(next.handler, previous.handler, "handler"),
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
  validateUpdate: (next, previous) => [
    ...(["parameters", "provisioner", "reclaimPolicy"] as const).flatMap((field) =>
      jsonEquals(next[field], previous[field]) ? [] : [forbidden(field, `updates to ${field} are forbidden.`)],
    ),
    ...validateImmutable(next.volumeBindingMode, previous.volumeBindingMode, "volumeBindingMode"),
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
  validate: validateCsiDriver,
  validateUpdate: (next, previous) => [
    ...validateCsiDriver(next),
    // Misspelt upstream.
    ...validateImmutable(next.spec.attachRequired, previous.spec.attachRequired, "spec.attachedRequired"),
    ...validateImmutable(
      next.spec.volumeLifecycleModes,
      previous.spec.volumeLifecycleModes,
      "spec.volumeLifecycleModes",
    ),
  ],
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
  setDefaults: ({ spec }) => {
    for (const driver of spec?.drivers ?? [])
      if (driver.topologyKeys === undefined) Object.assign(driver, { topologyKeys: null });
  },
  validateUpdate: ({ spec }, previous) =>
    (previous.spec.drivers ?? []).flatMap((old) => {
      const now = (spec.drivers ?? []).find(({ name }) => name === old.name);
      if (now === undefined || jsonEquals(now, old)) return [];
      const { name, nodeID, topologyKeys, allocatable } = now;
      const shown = {
        Name: name,
        NodeID: nodeID,
        TopologyKeys: topologyKeys ?? null,
        Allocatable: allocatable ?? null,
      };
      return [invalid("spec.drivers", shown, "field is immutable")];
    }),
  table: table<CSINode>([{ name: "Drivers", type: "integer", value: ({ spec }) => spec?.drivers?.length ?? 0 }, age()]),
});

export const volumeAttachmentStrategy = anyStrategy<VolumeAttachment>({
  resource: volumeAttachments,
  singular: "volumeattachment",
  status: true,
  statusOnly: true,
  generation: false,
  empty: { status: { attached: false } },
  validateUpdate: ({ spec }, previous) => {
    if (jsonEquals(spec, previous.spec)) return [];
    const { persistentVolumeName = null, inlineVolumeSpec = null } = spec.source ?? {};
    const source = { PersistentVolumeName: persistentVolumeName, InlineVolumeSpec: inlineVolumeSpec };
    const shown = { Attacher: spec.attacher, Source: source, NodeName: spec.nodeName };
    return [invalid("spec", shown, "field is immutable")];
  },
  table: table<VolumeAttachment>([
    { name: "Attacher", format: "name", value: ({ spec }) => spec?.attacher },
    { name: "PV", value: ({ spec }) => spec?.source.persistentVolumeName ?? "" },
    { name: "Node", value: ({ spec }) => spec?.nodeName },
    { name: "Attached", type: "boolean", value: ({ status }) => status?.attached ?? false },
    age(),
  ]),
});

function validateCsiDriver({ spec }: CSIDriver): FieldError[] {
  return (spec.volumeLifecycleModes ?? [])
    .filter((mode) => !LIFECYCLE_MODES.includes(mode))
    .map((mode) => notSupported("spec.volumeLifecycleModes", mode, LIFECYCLE_MODES));
}

function validateLease({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions } = spec ?? {};
  const isTooShort = duration !== undefined && duration <= 0;
  return [
    ...(isTooShort ? [invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")] : []),
    ...validateNonnegative(leaseTransitions, "spec.leaseTransitions"),
  ];
}
