/** Storage classes. Kubernetes: pkg/registry/storage/storageclass, pkg/apis/storage/validation */
import type { StorageClass } from "kubernetes-types/storage/v1";
import { storageClasses } from "#machinery/builtin.ts";
import { forbidden, notSupported, required } from "#machinery/field-error.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable } from "../validation.ts";

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
