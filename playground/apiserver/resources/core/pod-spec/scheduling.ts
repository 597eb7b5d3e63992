/** Where a pod may run: node selector, affinities, tolerations, spreading. Kubernetes: pkg/apis/core/validation (validateAffinity) */
import type {
  Affinity,
  NodeAffinity,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  PodSpec,
  Toleration,
  TopologySpreadConstraint,
} from "kubernetes-types/core/v1";
import { duplicate, type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { labelValue, qualifiedName } from "#machinery/names.ts";
import { messages, validateRequirement, validateSelector } from "../../validation.ts";
import { validateLabelKeys } from "./label-keys.ts";

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
export const TAINT_EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

export function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  return [
    ...validateNodeAffinity(affinity?.nodeAffinity, `${path}.nodeAffinity`),
    ...validatePodAffinity(affinity?.podAffinity, `${path}.podAffinity`),
    ...validatePodAffinity(affinity?.podAntiAffinity, `${path}.podAntiAffinity`),
  ];
}

function validateNodeAffinity(affinity: NodeAffinity | undefined, path: string): FieldError[] {
  const wanted = affinity?.[REQUIRED];
  const at = `${path}.${REQUIRED}.nodeSelectorTerms`;
  const errors: FieldError[] = [];
  if (wanted !== undefined && (wanted.nodeSelectorTerms ?? []).length === 0)
    errors.push(required(at, "must have at least one node selector term"));
  for (const [i, term] of (wanted?.nodeSelectorTerms ?? []).entries())
    errors.push(...validateNodeTerm(term, `${at}[${i}]`, true));
  for (const [i, { weight, preference }] of (affinity?.[PREFERRED] ?? []).entries()) {
    errors.push(
      ...validateWeight(weight, `${path}.${PREFERRED}[${i}]`),
      // A preference that nothing can meet does no harm.
      ...validateNodeTerm(preference, `${path}.${PREFERRED}[${i}].preference`, false),
    );
  }
  return errors;
}

function validateNodeTerm(term: NodeSelectorTerm | undefined, path: string, checksValues: boolean): FieldError[] {
  return (term?.matchExpressions ?? []).flatMap((expression, i) =>
    validateRequirement(expression, `${path}.matchExpressions[${i}]`, { checksValues, compares: true }),
  );
}

function validatePodAffinity(affinity: PodAffinity | undefined, path: string): FieldError[] {
  return [
    ...(affinity?.[REQUIRED] ?? []).flatMap((term, i) => validatePodTerm(term, `${path}.${REQUIRED}[${i}]`)),
    ...(affinity?.[PREFERRED] ?? []).flatMap(({ weight, podAffinityTerm }, i) => [
      ...validateWeight(weight, `${path}.${PREFERRED}[${i}]`),
      ...validatePodTerm(podAffinityTerm, `${path}.${PREFERRED}[${i}].podAffinityTerm`),
    ]),
  ];
}

function validatePodTerm(term: PodAffinityTerm, path: string): FieldError[] {
  const { topologyKey = "" } = term;
  return [
    ...validateSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateSelector(term.namespaceSelector, `${path}.namespaceSelector`),
    ...(topologyKey === "" ? [required(`${path}.topologyKey`, "can not be empty")] : []),
    ...messages(`${path}.topologyKey`, topologyKey, qualifiedName(topologyKey)),
    ...validateLabelKeys(term, path),
  ];
}

function validateWeight(weight: number | undefined, path: string): FieldError[] {
  const isIn = (weight ?? 0) > 0 && (weight ?? 0) <= 100;
  return isIn ? [] : [invalid(`${path}.weight`, weight ?? 0, "must be in the range 1-100")];
}

export function validateTolerations(tolerations: PodSpec["tolerations"], path: string): FieldError[] {
  return (tolerations ?? []).flatMap((toleration, i) => validateToleration(toleration, `${path}[${i}]`));
}

function validateToleration(toleration: Toleration, at: string): FieldError[] {
  const { operator = "", key = "", value = "", effect = "", tolerationSeconds } = toleration;
  const errors = key === "" ? [] : messages(`${at}.key`, key, qualifiedName(key));
  if (key === "" && operator !== "Exists") {
    const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(`${at}.operator`, operator, why));
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute")
    errors.push(invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  if (operator === "Exists") {
    if (value !== "") errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"));
  } else if (operator === "" || operator === "Equal") {
    const problems = labelValue(value);
    if (problems.length > 0) errors.push(invalid(`${at}.operator`, value, problems.join(";")));
  } else errors.push(notSupported(`${at}.operator`, operator, ["Equal", "Exists"]));
  if (effect !== "" && !TAINT_EFFECTS.includes(effect))
    errors.push(notSupported(`${at}.effect`, effect, TAINT_EFFECTS));
  return errors;
}

export function validateSpreading(constraints: PodSpec["topologySpreadConstraints"], path: string): FieldError[] {
  return (constraints ?? []).flatMap((constraint, i, all) =>
    validateConstraint(constraint, all.slice(i + 1), `${path}[${i}]`),
  );
}

function validateConstraint(
  constraint: TopologySpreadConstraint,
  others: readonly TopologySpreadConstraint[],
  at: string,
): FieldError[] {
  const { maxSkew = 0, topologyKey = "", whenUnsatisfiable = "", minDomains, labelSelector } = constraint;
  const errors: FieldError[] = [];
  if (maxSkew <= 0) errors.push(invalid(`${at}.maxSkew`, maxSkew, "must be greater than zero"));
  if (topologyKey === "") errors.push(required(`${at}.topologyKey`, "can not be empty"));
  if (!["DoNotSchedule", "ScheduleAnyway"].includes(whenUnsatisfiable))
    errors.push(notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, ["DoNotSchedule", "ScheduleAnyway"]));
  if (others.some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable))
    errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`));
  if (minDomains !== undefined && minDomains <= 0)
    errors.push(invalid(`${at}.minDomains`, minDomains, "must be greater than zero"));
  return [...errors, ...validateLabelKeys(constraint, at), ...validateSelector(labelSelector, `${at}.labelSelector`)];
}
