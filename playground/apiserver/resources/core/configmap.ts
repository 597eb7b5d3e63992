/** ConfigMaps. Kubernetes: pkg/registry/core/configmap, pkg/apis/core/validation */
import type { ConfigMap } from "kubernetes-types/core/v1";
import { configMaps } from "#machinery/builtin.ts";
import { invalid } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateImmutable, validateKeys } from "./fields/config-data.ts";

export const configMapStrategy = anyStrategy<ConfigMap>({
  resource: configMaps,
  singular: "configmap",
  shortNames: ["cm"],
  validate: (map) => [
    ...Object.keys(map.data ?? {})
      .filter((key) => map.binaryData?.[key] !== undefined)
      .map((key) => invalid(`data[${key}]`, key, "duplicate of key present in binaryData")),
    ...validateKeys(map.data, "data"),
    ...validateKeys(map.binaryData, "binaryData"),
  ],
  validateUpdate: (next, previous) => [
    ...validateKeys(next.data, "data"),
    ...validateKeys(next.binaryData, "binaryData"),
    ...validateImmutable(next, previous, ["data", "binaryData"]),
  ],
  table: table<ConfigMap>([
    {
      name: "Data",
      value: (map) => Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
    },
    age(),
  ]),
});
