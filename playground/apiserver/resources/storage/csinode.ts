/** CSI drivers of a node. Kubernetes: pkg/registry/storage/csinode, pkg/apis/storage/validation */
import type { CSINode } from "kubernetes-types/storage/v1";
import { csiNodes } from "#machinery/builtin.ts";
import { invalid } from "#machinery/field-error.ts";
import { jsonEquals } from "#machinery/schema/schema.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";

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
