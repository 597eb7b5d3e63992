/** Kinds of the core group that only record or limit: events, endpoints, quotas, limit ranges, templates. */
import type {
  Endpoints,
  Event,
  LimitRange,
  LimitRangeItem,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
} from "kubernetes-types/core/v1";
import {
  coreEvents,
  endpoints,
  limitRanges,
  podTemplates,
  replicationControllers,
  resourceQuotas,
} from "#machinery/builtin.ts";
import { anyStrategy } from "../../strategy.ts";
import { validateReplicationController } from "../apps/validation.ts";
import { age, joined, pairs, since, table, templateColumns } from "../columns.ts";
import { setPodSpecDefaults } from "./pod-spec/defaults.ts";
import { validatePodTemplate } from "./pod-spec/validate.ts";
import { validateEndpoints, validateEvent, validateLimitRange, validateQuota } from "./records-validation.ts";

const firstSeen = (event: Event): string | null | undefined => event.firstTimestamp ?? event.eventTime;
const lastSeen = (event: Event): string | null | undefined =>
  event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event);

export const eventStrategy = anyStrategy<Event>({
  resource: coreEvents,
  singular: "event",
  shortNames: ["ev"],
  validate: validateEvent,
  empty: { firstTimestamp: null, lastTimestamp: null, eventTime: null, reportingComponent: "", reportingInstance: "" },
  fieldLabels: {
    "involvedObject.kind": (event) => event.involvedObject.kind ?? "",
    "involvedObject.namespace": (event) => event.involvedObject.namespace ?? "",
    "involvedObject.name": (event) => event.involvedObject.name ?? "",
    "involvedObject.uid": (event) => event.involvedObject.uid ?? "",
    "involvedObject.apiVersion": (event) => event.involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": (event) => event.involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": (event) => event.involvedObject.fieldPath ?? "",
    reason: (event) => event.reason ?? "",
    reportingComponent: (event) => event.reportingComponent ?? "",
    source: (event) => event.source?.component ?? event.reportingComponent ?? "",
    type: (event) => event.type ?? "",
  },
  table: {
    columns: [
      { name: "Last Seen", type: "string", priority: 0 },
      { name: "Type", type: "string", priority: 0 },
      { name: "Reason", type: "string", priority: 0 },
      { name: "Object", type: "string", priority: 0 },
      { name: "Subobject", type: "string", priority: 1 },
      { name: "Source", type: "string", priority: 1 },
      { name: "Message", type: "string", priority: 0 },
      { name: "First Seen", type: "string", priority: 1 },
      { name: "Count", type: "string", priority: 1 },
      { name: "Name", type: "string", format: "name", priority: 1 },
    ],
    cells: (event, nowMs) => [
      since(lastSeen(event), nowMs),
      event.type ?? "",
      event.reason ?? "",
      `${(event.involvedObject.kind ?? "").toLowerCase()}/${event.involvedObject.name ?? ""}`,
      event.involvedObject.fieldPath ?? "",
      [event.source?.component || event.reportingComponent, event.source?.host || event.reportingInstance]
        .filter((part) => part)
        .join(", "),
      (event.message ?? "").trim(),
      since(firstSeen(event), nowMs),
      event.series?.count ?? (event.count || 1),
      event.metadata.name ?? "",
    ],
  },
});

export const endpointsStrategy = anyStrategy<Endpoints>({
  resource: endpoints,
  singular: "endpoints",
  shortNames: ["ep"],
  deprecation: "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  generation: false,
  setDefaults: ({ subsets }) => {
    for (const port of (subsets ?? []).flatMap(({ ports }) => ports ?? [])) port.protocol ??= "TCP";
  },
  validate: validateEndpoints,
  validateUpdate: validateEndpoints,
  table: table<Endpoints>([{ name: "Endpoints", value: endpointsText }, age()]),
});

export const limitRangeStrategy = anyStrategy<LimitRange>({
  resource: limitRanges,
  singular: "limitrange",
  shortNames: ["limits"],
  setDefaults: ({ spec }) => {
    for (const limit of spec?.limits ?? []) if (limit.type === "Container") setLimitDefaults(limit);
  },
  validate: validateLimitRange,
  validateUpdate: validateLimitRange,
  table: {
    columns: [
      { name: "Name", type: "string", format: "name", priority: 0 },
      { name: "Created At", type: "date", priority: 0 },
    ],
    cells: (range) => [range.metadata?.name ?? "", range.metadata?.creationTimestamp ?? ""],
  },
});

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

export const podTemplateStrategy = anyStrategy<PodTemplate>({
  resource: podTemplates,
  singular: "podtemplate",
  generation: true,
  setDefaults: ({ template }) => {
    if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
  },
  validate: ({ template }) => validatePodTemplate(template, "template"),
  table: table<PodTemplate>([
    { name: "Containers", value: ({ template }) => joined(template?.spec?.containers.map(({ name }) => name)) },
    { name: "Images", value: ({ template }) => joined(template?.spec?.containers.map(({ image }) => image ?? "")) },
    { name: "Pod Labels", value: (t) => pairs(t.template?.metadata?.labels) },
  ]),
});

export const replicationControllerStrategy = anyStrategy<ReplicationController>({
  resource: replicationControllers,
  singular: "replicationcontroller",
  shortNames: ["rc"],
  categories: ["all"],
  status: true,
  defaultPropagation: "Orphan",
  scale: {
    specReplicasPath: "spec.replicas",
    statusReplicasPath: "status.replicas",
    labelSelectorPath: "spec.selector",
  },
  setDefaults: (controller) => {
    const { spec } = controller;
    if (spec === undefined) return;
    spec.replicas ??= 1;
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined) {
      spec.selector ??= { ...labels };
      controller.metadata = { ...controller.metadata, labels: controller.metadata?.labels ?? { ...labels } };
    }
    if (spec.template?.spec !== undefined) setPodSpecDefaults(spec.template.spec);
  },
  empty: { status: { replicas: 0 } },
  validate: validateReplicationController,
  validateUpdate: validateReplicationController,
  table: table<ReplicationController>([
    { name: "Desired", type: "integer", value: (rc) => rc.spec?.replicas ?? 0 },
    { name: "Current", type: "integer", value: (rc) => rc.status?.replicas ?? 0 },
    { name: "Ready", type: "integer", value: (rc) => rc.status?.readyReplicas ?? 0 },
    age(),
    ...templateColumns<ReplicationController>(
      ({ spec }) => spec?.template,
      ({ spec }) => ({ matchLabels: spec?.selector ?? {} }),
    ),
  ]),
});

/** The most that is allowed is the default limit, that is the default request, and so is the least that is needed. */
function setLimitDefaults(limit: LimitRangeItem): void {
  const defaults = { ...limit.max, ...limit.default };
  limit.default = defaults;
  limit.defaultRequest = { ...limit.min, ...defaults, ...limit.defaultRequest };
}

function endpointsText(object: Endpoints): string {
  const all = (object.subsets ?? []).flatMap(({ addresses, ports }) =>
    (addresses ?? []).flatMap(({ ip }) => (ports === undefined ? [ip] : ports.map(({ port }) => `${ip}:${port}`))),
  );
  if (all.length === 0) return "<none>";
  return all.length > 3 ? `${all.slice(0, 3).join(",")} + ${all.length - 3} more...` : all.join(",");
}

function usage(quota: ResourceQuota, accepts: (name: string) => boolean): string {
  const hard = Object.entries(quota.status?.hard ?? {}).filter(([name]) => accepts(name));
  return hard
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}: ${quota.status?.used?.[name] ?? "0"}/${amount}`)
    .join(", ");
}
