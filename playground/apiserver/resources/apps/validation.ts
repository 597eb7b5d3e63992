/** Validation of workloads that keep pods running. Kubernetes: pkg/apis/apps/validation */
import { isDeepStrictEqual } from "node:util";
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from "kubernetes-types/apps/v1";
import type { PodTemplateSpec, ReplicationController } from "kubernetes-types/core/v1";
import { type FieldError, forbidden, invalid, notSupported, required } from "#machinery/field-error.ts";
import { dns1123Label } from "#machinery/names.ts";
import { type LabelSelector, selects } from "#machinery/selector.ts";
import { validatePodTemplate } from "../core/pod-spec/validate.ts";
import {
  messages,
  percentOf,
  validateAtMostAll,
  validateCountOrPercent,
  validateImmutable,
  validateNonnegative,
  validateSelector,
} from "../validation.ts";

export interface Workload {
  readonly spec?: { readonly selector?: LabelSelector; readonly template?: PodTemplateSpec } | undefined;
}

export function validateDeployment({ spec }: Deployment): FieldError[] {
  const { progressDeadlineSeconds, minReadySeconds = 0 } = spec ?? {};
  const errors = [
    ...validateNonnegative(spec?.replicas, "spec.replicas"),
    ...validateSelected({ spec }, "deployment", "invalid label selector"),
    ...validateRollout(spec?.strategy),
    ...validateNonnegative(minReadySeconds, "spec.minReadySeconds"),
    ...validateNonnegative(spec?.revisionHistoryLimit, "spec.revisionHistoryLimit"),
    ...validateNonnegative(progressDeadlineSeconds, "spec.progressDeadlineSeconds"),
  ];
  if (progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds)
    errors.push(
      invalid("spec.progressDeadlineSeconds", progressDeadlineSeconds, "must be greater than minReadySeconds"),
    );
  return errors;
}

export function validateReplicaSet({ spec }: ReplicaSet): FieldError[] {
  return [
    ...validateNonnegative(spec?.replicas, "spec.replicas"),
    ...validateNonnegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...validateSelected({ spec }, "deployment", "invalid label selector"),
  ];
}

export function validateReplicationController({ spec }: ReplicationController): FieldError[] {
  const selector = { matchLabels: spec?.selector ?? {} };
  const isEmpty = Object.keys(selector.matchLabels).length === 0;
  return [
    ...validateNonnegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    ...(isEmpty ? [required("spec.selector")] : []),
    ...validateNonnegative(spec?.replicas, "spec.replicas"),
    ...(spec?.template === undefined ? [required("spec.template")] : validateTemplate(spec.template, selector)),
  ];
}

export function validateStatefulSet({ spec }: StatefulSet, isNew: boolean): FieldError[] {
  const { podManagementPolicy: policy, serviceName = "" } = spec ?? {};
  const type = spec?.updateStrategy?.type;
  const errors: FieldError[] = [];
  if (policy !== "OrderedReady" && policy !== "Parallel")
    errors.push(invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'"));
  const rollout = spec?.updateStrategy?.rollingUpdate as { partition?: number; maxUnavailable?: unknown } | undefined;
  if (type === "OnDelete" && rollout !== undefined) {
    const shown = { Partition: rollout.partition ?? 0, MaxUnavailable: rollout.maxUnavailable ?? null };
    errors.push(invalid("spec.updateStrategy.rollingUpdate", shown, "only allowed for updateStrategy 'RollingUpdate'"));
  }
  if (type !== "RollingUpdate" && type !== "OnDelete") {
    const shown = { Type: type, RollingUpdate: spec?.updateStrategy?.rollingUpdate ?? null };
    errors.push(invalid("spec.updateStrategy", shown, "must be 'RollingUpdate' or 'OnDelete'"));
  }
  return [
    ...errors,
    ...validateNonnegative(spec?.replicas, "spec.replicas"),
    ...validateNonnegative(spec?.minReadySeconds, "spec.minReadySeconds"),
    // It cannot be changed: what was accepted once stays.
    ...(isNew && serviceName !== "" ? messages("spec.serviceName", serviceName, dns1123Label(serviceName)) : []),
    ...validateSelected(withClaims(spec), "statefulset", ""),
  ];
}

/** Its pods will have a volume for each claim template. */
function withClaims(spec: StatefulSet["spec"]): Workload {
  const podSpec = spec?.template.spec;
  if (spec === undefined || podSpec === undefined) return { spec };
  const names = new Set((spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata?.name ?? ""));
  const own = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const volumes = [...(podSpec.volumes ?? []).filter(({ name }) => !names.has(name)), ...own];
  return { spec: { ...spec, template: { ...spec.template, spec: { ...podSpec, volumes } } } };
}

export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  const { selector, template, updateStrategy: strategy } = spec ?? {};
  const problems = validateSelector(selector, "spec.selector");
  const errors = [...problems];
  if (problems.length === 0 && !selects(selector, template?.metadata?.labels)) errors.push(selectorMismatch(template));
  if (isEverything(selector))
    errors.push(invalid("spec.selector", selector, "empty selector is invalid for daemonset"));
  errors.push(...validateRunning(template), ...validateNonnegative(spec?.minReadySeconds, "spec.minReadySeconds"));
  if (strategy?.type === "RollingUpdate") errors.push(...validateDaemonRollout(strategy.rollingUpdate));
  else if (strategy?.type !== "OnDelete")
    errors.push(notSupported("spec.updateStrategy", shownStrategy(strategy), ["RollingUpdate", "OnDelete"]));
  return [...errors, ...validateNonnegative(spec?.revisionHistoryLimit, "spec.revisionHistoryLimit")];
}

interface Rollout {
  readonly maxSurge?: number | string;
  readonly maxUnavailable?: number | string;
}

interface Strategy {
  readonly type?: string;
  readonly rollingUpdate?: Rollout;
}

function validateRollout(strategy: Strategy | undefined): FieldError[] {
  const { type, rollingUpdate: rollout } = strategy ?? {};
  const at = "spec.strategy.rollingUpdate";
  if (type === "Recreate")
    return rollout === undefined ? [] : [forbidden(at, "may not be specified when strategy `type` is 'Recreate'")];
  if (type !== "RollingUpdate")
    return [notSupported("spec.strategy", shownStrategy(strategy), ["Recreate", "RollingUpdate"])];
  const errors = [
    ...validateCountOrPercent(rollout?.maxUnavailable, `${at}.maxUnavailable`),
    ...validateCountOrPercent(rollout?.maxSurge, `${at}.maxSurge`),
  ];
  if (isZero(rollout?.maxUnavailable) && isZero(rollout?.maxSurge))
    errors.push(invalid(`${at}.maxUnavailable`, rollout?.maxUnavailable, "may not be 0 when `maxSurge` is 0"));
  return [...errors, ...validateAtMostAll(rollout?.maxUnavailable, `${at}.maxUnavailable`)];
}

function validateDaemonRollout(rollout: Rollout | undefined): FieldError[] {
  const at = "spec.updateStrategy.rollingUpdate";
  const { maxSurge, maxUnavailable } = rollout ?? {};
  const errors = [
    ...validateCountOrPercent(maxUnavailable, `${at}.maxUnavailable`),
    ...validateCountOrPercent(maxSurge, `${at}.maxSurge`),
    ...validateAtMostAll(maxUnavailable, `${at}.maxUnavailable`),
    ...validateAtMostAll(maxSurge, `${at}.maxSurge`),
  ];
  if (!isZero(maxUnavailable) && !isZero(maxSurge))
    errors.push(invalid(`${at}.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero"));
  if (isZero(maxUnavailable) && isZero(maxSurge))
    errors.push(required(`${at}.maxUnavailable`, "cannot be 0 when maxSurge is 0"));
  return errors;
}

/** In the form of the internal type, which is what upstream shows. */
function shownStrategy(strategy: Strategy | undefined): object {
  return { Type: strategy?.type ?? "", RollingUpdate: null };
}

function isZero(value: number | string | undefined): boolean {
  return (percentOf(value) ?? (typeof value === "number" ? value : 0)) === 0;
}

/** The selector, and whether the pods of the template are selected by it. `unreadable`: of a selector that means nothing. */
function validateSelected({ spec }: Workload, kind: string, unreadable: string): FieldError[] {
  const { selector, template } = spec ?? {};
  const problems = validateSelector(selector, "spec.selector");
  const errors = selector === undefined ? [required("spec.selector")] : [...problems];
  if (isEverything(selector)) errors.push(invalid("spec.selector", selector, `empty selector is invalid for ${kind}`));
  if (problems.length > 0) return [...errors, invalid("spec.selector", selector, unreadable)];
  return [...errors, ...validateTemplate(template, selector)];
}

function isEverything(selector: LabelSelector | undefined): boolean {
  if (selector === undefined) return false;
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0;
}

function validateTemplate(template: PodTemplateSpec | undefined, selector: LabelSelector | undefined): FieldError[] {
  const isSelected = isEverything(selector) || selects(selector, template?.metadata?.labels);
  return [...(isSelected ? [] : [selectorMismatch(template)]), ...validateRunning(template)];
}

function selectorMismatch(template: PodTemplateSpec | undefined): FieldError {
  const labels = template?.metadata?.labels ?? null;
  return invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
}

/** Of pods that are meant to run for ever. */
function validateRunning(template: PodTemplateSpec | undefined): FieldError[] {
  const { restartPolicy = "Always" } = template?.spec ?? {};
  return [
    ...validatePodTemplate(template, "spec.template"),
    ...(restartPolicy === "Always"
      ? []
      : [notSupported("spec.template.spec.restartPolicy", restartPolicy, ["Always"])]),
  ];
}

export function validateSelectorUpdate(next: Workload, previous: Workload): FieldError[] {
  return validateImmutable(next.spec?.selector, previous.spec?.selector, "spec.selector");
}

export function validateRevision({ revision }: ControllerRevision): FieldError[] {
  return validateNonnegative(revision, "revision");
}

const STATEFUL_MUTABLE = [
  "replicas",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
  "ordinals",
];
const STATEFUL_FORBIDDEN =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export function validateStatefulUpdate(next: StatefulSet, previous: StatefulSet): FieldError[] {
  const fixed = ({ spec }: StatefulSet): unknown[] =>
    Object.entries(spec ?? {})
      .filter(([field]) => !STATEFUL_MUTABLE.includes(field))
      .sort(([a], [b]) => (a < b ? -1 : 1));
  return isDeepStrictEqual(fixed(next), fixed(previous)) ? [] : [forbidden("spec", STATEFUL_FORBIDDEN)];
}
