/** Resource quotas. Kubernetes: pkg/registry/core/resourcequota, pkg/apis/core/validation */
import type { ResourceQuota } from "kubernetes-types/core/v1";
import { resourceQuotas } from "#machinery/builtin.ts";
import type { FieldError } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateQuotaResource } from "./fields/resource-name.ts";

export const resourceQuotaStrategy = anyStrategy<ResourceQuota>({
  resource: resourceQuotas,
  singular: "resourcequota",
  shortNames: ["quota"],
  status: true,
  generation: false,
  validate: validateQuota,
  validateUpdate: validateQuota,
  table: table<ResourceQuota>([
    { name: "Request", value: (quota) => usage(quota, (name) => !name.startsWith("limits.")) },
    { name: "Limit", value: (quota) => usage(quota, (name) => name.startsWith("limits.")) },
    age(),
  ]),
});

function usage(quota: ResourceQuota, accepts: (name: string) => boolean): string {
  const hard = Object.entries(quota.status?.hard ?? {}).filter(([name]) => accepts(name));
  return hard
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}: ${quota.status?.used?.[name] ?? "0"}/${amount}`)
    .join(", ");
}

function validateQuota({ spec }: ResourceQuota): FieldError[] {
  return Object.entries(spec?.hard ?? {}).flatMap(([name, amount]) =>
    validateQuotaResource(name, amount, `spec.hard[${name}]`),
  );
}
