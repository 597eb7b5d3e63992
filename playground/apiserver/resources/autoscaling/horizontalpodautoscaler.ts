/** Horizontal pod autoscalers. Kubernetes: pkg/registry/autoscaling, pkg/apis/autoscaling/validation */
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus } from "kubernetes-types/autoscaling/v2";
import { horizontalPodAutoscalers } from "#machinery/builtin.ts";
import { type FieldError, invalid, notSupported, required } from "#machinery/field-error.ts";
import { pathSegmentName } from "#machinery/names.ts";
import { anyStrategy } from "../../strategy.ts";
import { age, table } from "../columns.ts";
import { messages } from "../validation.ts";

/** The field that holds each type's source. */
const SOURCES: Readonly<Record<string, "containerResource" | "external" | "object" | "pods" | "resource">> = {
  ContainerResource: "containerResource",
  External: "external",
  Object: "object",
  Pods: "pods",
  Resource: "resource",
};

export const horizontalPodAutoscalerStrategy = anyStrategy<HorizontalPodAutoscaler>({
  resource: horizontalPodAutoscalers,
  singular: "horizontalpodautoscaler",
  shortNames: ["hpa"],
  categories: ["all"],
  status: true,
  setDefaults: ({ spec }) => {
    if (spec === undefined) return;
    spec.minReplicas ??= 1;
    spec.metrics ??= [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
    ];
  },
  generation: false,
  empty: { status: { desiredReplicas: 0, currentMetrics: null } },
  validate: validateAutoscaler,
  validateUpdate: validateAutoscaler,
  table: table<HorizontalPodAutoscaler>([
    { name: "Reference", value: ({ spec }) => `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}` },
    { name: "Targets", value: ({ spec, status }) => targetsText(spec?.metrics ?? [], status?.currentMetrics ?? []) },
    { name: "MinPods", value: ({ spec }) => String(spec?.minReplicas ?? 1) },
    { name: "MaxPods", value: ({ spec }) => spec?.maxReplicas ?? 0 },
    { name: "Replicas", value: ({ status }) => status?.currentReplicas ?? 0 },
    age(),
  ]),
});

/** `cpu: <unknown>/80%`, comma-separated, two at most. Kubernetes: pkg/printers/internalversion (formatHPAMetrics) */
function targetsText(specs: readonly MetricSpec[], current: readonly MetricStatus[]): string {
  if (specs.length === 0) return "<none>";
  const shown = specs.slice(0, 2).map((spec, i) => {
    const source = spec.resource ?? spec.containerResource;
    const target = source?.target ?? (spec.pods ?? spec.object ?? spec.external)?.target;
    const now = current[i]?.resource?.current;
    const isUtilization = target?.averageUtilization !== undefined;
    const value = isUtilization ? now?.averageUtilization : now?.averageValue;
    const unit = isUtilization ? "%" : "";
    const wanted = `${target?.averageUtilization ?? target?.averageValue ?? target?.value ?? "<auto>"}${unit}`;
    const text = `${value === undefined ? "<unknown>" : `${value}${unit}`}/${wanted}`;
    return source === undefined ? text : `${source.name}: ${text}`;
  });
  return specs.length > 2 ? `${shown.join(", ")} + ${specs.length - 2} more...` : shown.join(", ");
}

function validateAutoscaler({ spec }: HorizontalPodAutoscaler): FieldError[] {
  const { minReplicas = 1, maxReplicas = 0, scaleTargetRef, metrics = [] } = spec ?? {};
  const errors: FieldError[] = [];
  if (minReplicas < 1) errors.push(invalid("spec.minReplicas", minReplicas, "must be greater than or equal to 1"));
  if (maxReplicas < 1) errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than 0"));
  if (maxReplicas < minReplicas)
    errors.push(invalid("spec.maxReplicas", maxReplicas, "must be greater than or equal to `minReplicas`"));
  for (const field of ["kind", "name"] as const) {
    const value = scaleTargetRef?.[field] ?? "";
    const at = `spec.scaleTargetRef.${field}`;
    errors.push(...(value === "" ? [required(at)] : messages(at, value, pathSegmentName(value))));
  }
  const { apiVersion = "", kind } = scaleTargetRef ?? {};
  // Of the core group there is one kind that has replicas.
  if (!apiVersion.includes("/") && !(apiVersion === "v1" && kind === "ReplicationController"))
    errors.push(invalid("spec.scaleTargetRef.apiVersion", apiVersion, "apiVersion must specify API group"));
  return [...errors, ...metrics.flatMap((metric, i) => validateMetric(metric, `spec.metrics[${i}]`))];
}

function validateMetric(metric: MetricSpec, at: string): FieldError[] {
  const { type = "" } = metric;
  const source = SOURCES[type];
  if (source === undefined) return [notSupported(`${at}.type`, type, Object.keys(SOURCES))];
  return metric[source] === undefined
    ? [required(`${at}.${source}`, "must populate information for the given metric source")]
    : [];
}
