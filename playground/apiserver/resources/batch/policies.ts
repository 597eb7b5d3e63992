/** When a Job fails and succeeds, as it may be told. Kubernetes: pkg/apis/batch/validation (validatePodFailurePolicy, validateJobSpec) */
import type { JobSpec, PodFailurePolicyRule } from "kubernetes-types/batch/v1";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { validateNonnegative } from "../validation.ts";

const ACTIONS = ["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS = ["In", "NotIn"];
const REPLACEMENTS = ["Failed", "TerminatingOrFailed"];

export function validatePolicies(spec: JobSpec, path: string): FieldError[] {
  const { completions, backoffLimitPerIndex, maxFailedIndexes, podReplacementPolicy, podFailurePolicy } = spec;
  const errors = [
    ...validateNonnegative(backoffLimitPerIndex, `${path}.backoffLimitPerIndex`),
    ...validateNonnegative(maxFailedIndexes, `${path}.maxFailedIndexes`),
  ];
  const isIndexed = spec.completionMode === "Indexed";
  if (backoffLimitPerIndex !== undefined && !isIndexed)
    errors.push(invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, "requires indexed completion mode"));
  if (maxFailedIndexes !== undefined) {
    if (completions !== undefined && maxFailedIndexes > completions)
      errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, "must be less than or equal to completions"));
    if (backoffLimitPerIndex === undefined)
      errors.push(required(`${path}.backoffLimitPerIndex`, "when maxFailedIndexes is specified"));
  }
  if (podFailurePolicy !== undefined) errors.push(...validateFailurePolicy(spec, path));
  if (spec.successPolicy !== undefined && !isIndexed)
    errors.push(invalid(`${path}.successPolicy`, spec.successPolicy, "requires indexed completion mode"));
  const replacements = podFailurePolicy === undefined ? REPLACEMENTS : ["Failed"];
  if (podReplacementPolicy !== undefined && !replacements.includes(podReplacementPolicy))
    errors.push(notSupported(`${path}.podReplacementPolicy`, podReplacementPolicy, replacements));
  return errors;
}

function validateFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const restartPolicy = spec.template?.spec?.restartPolicy;
  const only = 'only "Never" is supported when podFailurePolicy is specified';
  const at = `${path}.template.spec.restartPolicy`;
  return [
    ...(restartPolicy === "Never" ? [] : [invalid(at, restartPolicy ?? "", only)]),
    ...(spec.podFailurePolicy?.rules ?? []).flatMap((rule, index) =>
      validateRule(rule, spec, `${path}.podFailurePolicy.rules[${index}]`),
    ),
  ];
}

function validateRule(
  { action = "", onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  spec: JobSpec,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (action === "") errors.push(required(`${path}.action`, `valid values: ${quoted(ACTIONS)}`));
  else if (!ACTIONS.includes(action)) errors.push(notSupported(`${path}.action`, action, ACTIONS));
  else if (action === "FailIndex" && spec.backoffLimitPerIndex === undefined)
    errors.push(invalid(`${path}.action`, action, "requires the backoffLimitPerIndex to be set"));
  if (onExitCodes !== undefined) {
    const { operator = "", values = [] } = onExitCodes;
    if (!OPERATORS.includes(operator)) errors.push(notSupported(`${path}.onExitCodes.operator`, operator, OPERATORS));
    if (values.length === 0)
      errors.push(invalid(`${path}.onExitCodes.values`, values, "at least one value is required"));
    for (const [index, value] of values.entries())
      if (operator === "In" && value === 0)
        errors.push(invalid(`${path}.onExitCodes.values[${index}]`, value, "must not be 0 for the In operator"));
  }
  if (onExitCodes === undefined && onPodConditions.length === 0)
    errors.push(invalid(path, "", "specifying one of OnExitCodes and OnPodConditions is required"));
  if (onExitCodes !== undefined && onPodConditions.length > 0)
    errors.push(invalid(path, "", "specifying both OnExitCodes and OnPodConditions is not supported"));
  return errors;
}

function quoted(words: readonly string[]): string {
  return words.map((word) => JSON.stringify(word)).join(", ");
}
