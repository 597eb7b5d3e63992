/** Pods. Kubernetes: pkg/registry/core/pod/strategy.go, pkg/printers/internalversion/printers.go (printPod) */
import { isDeepStrictEqual } from "node:util";
import type { Container, ContainerStatus, Pod } from "kubernetes-types/core/v1";
import { pods } from "#machinery/builtin.ts";
import { type FieldError, forbidden, invalid, required } from "#machinery/field-error.ts";
import { podReadyText, podStatusText } from "#machinery/pod-columns.ts";
import { milliOf } from "#machinery/quantity.ts";
import { anyStrategy, type ResourceStrategy } from "../../strategy.ts";
import { age, since, table } from "../columns.ts";
import { fillConditionTimes } from "../conditions.ts";
import { setPodDefaults } from "./pod-spec/defaults.ts";
import { applyLabelKeys } from "./pod-spec/label-keys.ts";
import { refuseEphemeral, validatePodSpec } from "./pod-spec/validate.ts";

const UPDATE_FORBIDDEN =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

const strategy: ResourceStrategy<Pod> = {
  resource: pods,
  singular: "pod",
  shortNames: ["po"],
  categories: ["all"],
  status: true,
  generation: true,
  gracePeriodSeconds: podGracePeriod,
  setDefaults: (pod) => {
    if (pod.spec !== undefined) setPodDefaults(pod.spec);
    fillConditionTimes(pod.status, ["lastProbeTime", "lastTransitionTime"]);
  },
  prepareForCreate: (pod) => {
    Object.assign(pod, { status: { phase: "Pending", qosClass: qosClassOf(pod) } });
    applyGates(pod);
    applyLabelKeys(pod);
  },
  validate: ({ spec }) =>
    spec === undefined
      ? []
      : [
          ...validatePodSpec(spec, "spec", true),
          ...validateImages(spec.containers, "spec.containers"),
          ...validateImages(spec.initContainers, "spec.initContainers"),
          ...refuseEphemeral(spec, "spec", "cannot be set on create"),
        ],
  validateUpdate: (next, previous) => validateSpecUpdate(next, previous),
  prepareForStatusUpdate: (next, previous) => {
    // The class is decided once, by the spec.
    Object.assign(next, { status: { ...next.status, qosClass: previous.status?.qosClass ?? qosClassOf(previous) } });
  },
  fieldLabels: {
    "spec.nodeName": (pod) => pod.spec?.nodeName ?? "",
    "spec.restartPolicy": (pod) => pod.spec?.restartPolicy ?? "",
    "spec.schedulerName": (pod) => pod.spec?.schedulerName ?? "",
    "spec.serviceAccountName": (pod) => pod.spec?.serviceAccountName ?? "",
    "spec.hostNetwork": (pod) => String(pod.spec?.hostNetwork ?? false),
    "status.phase": (pod) => pod.status?.phase ?? "",
    "status.podIP": (pod) => pod.status?.podIP ?? "",
    "status.nominatedNodeName": (pod) => pod.status?.nominatedNodeName ?? "",
  },
  table: table<Pod>([
    { name: "Ready", value: podReadyText },
    { name: "Status", value: podStatusText },
    { name: "Restarts", value: restartsText },
    age(),
    { name: "IP", value: (pod) => pod.status?.podIP, wide: true },
    { name: "Node", value: (pod) => pod.spec?.nodeName, wide: true },
    { name: "Nominated Node", value: (pod) => pod.status?.nominatedNodeName, wide: true },
    { name: "Readiness Gates", value: gatesText, wide: true },
  ]),
};

export const podStrategy = anyStrategy(strategy);

/** Kubernetes: pkg/registry/core/pod/strategy.go CheckGracefulDelete: unscheduled and finished pods go at once. */
function podGracePeriod(pod: Pod): number {
  const phase = pod.status?.phase;
  if (pod.spec?.nodeName === undefined || pod.spec.nodeName === "" || phase === "Succeeded" || phase === "Failed")
    return 0;
  return pod.spec.terminationGracePeriodSeconds ?? 30;
}

/** In templates blanks around an image are let pass. */
function validateImages(containers: readonly Container[] | undefined, path: string): FieldError[] {
  return (containers ?? []).flatMap(({ image = "" }, i) =>
    image.trim() === image
      ? []
      : [invalid(`${path}[${i}].image`, image, "must not have leading or trailing whitespace")],
  );
}

/** Containers neither come nor go, and have an image. */
function validateContainersUpdate(next: Pod, previous: Pod): { readonly errors: FieldError[]; readonly ends: boolean } {
  const errors: FieldError[] = [];
  for (const field of ["containers", "initContainers"] as const) {
    const [now, old] = [next.spec?.[field] ?? [], previous.spec?.[field] ?? []];
    const path = `spec.${field}`;
    if (now.length !== old.length)
      return { errors: [...errors, forbidden(path, "pod updates may not add or remove containers")], ends: true };
    for (const [i, { image }] of now.entries()) if ((image ?? "") === "") errors.push(required(`${path}[${i}].image`));
    errors.push(...validateImages(now, path));
  }
  return { errors, ends: false };
}

/** It may come and come nearer. */
function validateDeadline(now: number | undefined, before: number | undefined): FieldError[] {
  const at = "spec.activeDeadlineSeconds";
  if (now === undefined)
    return before === undefined ? [] : [invalid(at, null, "must not update from a positive integer to nil value")];
  return before !== undefined && before < now ? [invalid(at, now, "must be less than or equal to previous value")] : [];
}

function applyGates(pod: Pod): void {
  if ((pod.spec?.schedulingGates ?? []).length === 0) return;
  const condition = {
    type: "PodScheduled",
    status: "False",
    reason: "SchedulingGated",
    message: "Scheduling is blocked due to non-empty scheduling gates",
  };
  Object.assign(pod, { status: { ...pod.status, conditions: [condition] } });
}

/** Kubernetes: pkg/apis/core/v1/helper/qos/qos.go */
function qosClassOf(pod: Pod): string {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const amounts = (field: "limits" | "requests") =>
    all.map(({ resources }) => ["cpu", "memory"].map((name) => milliOf(resources?.[field]?.[name])));
  const requests = amounts("requests");
  const limits = amounts("limits");
  const isZero = (rows: bigint[][]): boolean => rows.every((row) => row.every((amount) => amount === 0n));
  if (isZero(requests) && isZero(limits)) return "BestEffort";
  const guaranteed = limits.every((row, i) =>
    row.every((limit, j) => limit > 0n && limit === (requests[i]?.[j] ?? 0n)),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

function validateSpecUpdate(next: Pod, previous: Pod): FieldError[] {
  if (next.spec === undefined || previous.spec === undefined) return [];
  const containers = validateContainersUpdate(next, previous);
  const errors = [
    ...validatePodSpec(next.spec, "spec", true),
    ...validateImages(next.spec.containers, "spec.containers"),
    ...validateImages(next.spec.initContainers, "spec.initContainers"),
    ...containers.errors,
  ];
  if (containers.ends) return errors;
  const deadline = validateDeadline(next.spec.activeDeadlineSeconds, previous.spec.activeDeadlineSeconds);
  errors.push(...deadline);
  if (deadline.length > 0 && next.spec.activeDeadlineSeconds !== undefined) return errors;
  const frozen = (pod: Pod): unknown => {
    const spec = structuredClone(pod.spec);
    if (spec === undefined) return spec;
    for (const container of [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]) {
      container.image = "";
    }
    const gates = (spec.schedulingGates ?? []).length > 0;
    const { activeDeadlineSeconds: _a, tolerations: _t, schedulingGates: _s, ...rest } = spec;
    return gates ? { ...rest, nodeSelector: undefined, affinity: undefined } : rest;
  };
  const kept = (previous.spec.tolerations ?? []).every((old) =>
    (next.spec?.tolerations ?? []).some((toleration) => isDeepStrictEqual(toleration, old)),
  );
  const same = JSON.stringify(sorted(frozen(next))) === JSON.stringify(sorted(frozen(previous)));
  if (!kept || !same) errors.push(forbidden("spec", UPDATE_FORBIDDEN));
  return errors;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]));
}

function restartsText(pod: Pod, nowMs: number): string {
  const statuses: ContainerStatus[] = pod.status?.containerStatuses ?? [];
  const total = statuses.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0);
  const last = statuses
    .map(({ lastState }) => lastState?.terminated?.finishedAt)
    .filter((at) => at !== undefined)
    .sort()
    .at(-1);
  return total > 0 && last !== undefined ? `${total} (${since(last, nowMs)} ago)` : String(total);
}

function gatesText(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const isTrue = (type: string): boolean => pod.status?.conditions?.find((c) => c.type === type)?.status === "True";
  return `${gates.filter(({ conditionType }) => isTrue(conditionType)).length}/${gates.length}`;
}
