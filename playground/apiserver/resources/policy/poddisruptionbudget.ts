/** Pod disruption budgets. Kubernetes: pkg/registry/policy, pkg/apis/policy/validation */
import type { PodDisruptionBudget } from "kubernetes-types/policy/v1";
import { podDisruptionBudgets } from "#machinery/builtin.ts";
import { type FieldError, invalid } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { validateAtMostAll, validateCountOrPercent, validateSelector } from "../validation.ts";

export const podDisruptionBudgetStrategy = anyStrategy<PodDisruptionBudget>({
  resource: podDisruptionBudgets,
  singular: "poddisruptionbudget",
  shortNames: ["pdb"],
  status: true,
  empty: { status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 } },
  validate: validateBudget,
  validateUpdate: validateBudget,
  table: table<PodDisruptionBudget>([
    { name: "Min Available", value: ({ spec }) => String(spec?.minAvailable ?? "N/A") },
    { name: "Max Unavailable", value: ({ spec }) => String(spec?.maxUnavailable ?? "N/A") },
    { name: "Allowed Disruptions", type: "integer", value: ({ status }) => status?.disruptionsAllowed ?? 0 },
    age(),
  ]),
});

function validateBudget({ spec }: PodDisruptionBudget): FieldError[] {
  const { minAvailable, maxUnavailable, selector } = spec ?? {};
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector ?? null,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: (spec as { unhealthyPodEvictionPolicy?: string }).unhealthyPodEvictionPolicy ?? null,
    };
    errors.push(invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set"));
  }
  for (const [field, value] of Object.entries({ minAvailable, maxUnavailable }))
    errors.push(...validateCountOrPercent(value, `spec.${field}`), ...validateAtMostAll(value, `spec.${field}`));
  return [...errors, ...validateSelector(selector, "spec.selector")];
}
