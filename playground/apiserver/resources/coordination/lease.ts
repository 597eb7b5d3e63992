/** Leases. Kubernetes: pkg/registry/coordination/lease, pkg/apis/coordination/validation */
import type { Lease } from "kubernetes-types/coordination/v1";
import { leases } from "#machinery/builtin.ts";
import { type FieldError, invalid } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateNonnegative } from "../validation.ts";

export const leaseStrategy = anyStrategy<Lease>({
  resource: leases,
  singular: "lease",
  validate: validateLease,
  validateUpdate: validateLease,
  table: table<Lease>([{ name: "Holder", value: ({ spec }) => spec?.holderIdentity ?? "" }, age()]),
});

function validateLease({ spec }: Lease): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions } = spec ?? {};
  const isTooShort = duration !== undefined && duration <= 0;
  return [
    ...(isTooShort ? [invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")] : []),
    ...validateNonnegative(leaseTransitions, "spec.leaseTransitions"),
  ];
}
