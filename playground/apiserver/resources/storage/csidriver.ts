/** What CSI drivers say of themselves. Kubernetes: pkg/registry/storage/csidriver, pkg/apis/storage/{v1/defaults.go,validation} */
import type { CSIDriver } from "kubernetes-types/storage/v1";
import { csiDrivers } from "#machinery/builtin.ts";
import { type FieldError, notSupported } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable } from "../validation.ts";

const LIFECYCLE_MODES = ["Persistent", "Ephemeral"];

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

function validateCsiDriver({ spec }: CSIDriver): FieldError[] {
  return (spec.volumeLifecycleModes ?? [])
    .filter((mode) => !LIFECYCLE_MODES.includes(mode))
    .map((mode) => notSupported("spec.volumeLifecycleModes", mode, LIFECYCLE_MODES));
}
