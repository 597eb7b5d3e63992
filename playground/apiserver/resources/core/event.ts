/** Events of the core group. Kubernetes: pkg/registry/core/event, pkg/apis/core/validation/events.go */
import type { Event } from "kubernetes-types/core/v1";
import { coreEvents } from "#machinery/builtin.ts";
import { type FieldError, invalid } from "#machinery/field-error.ts";
import { anyStrategy } from "../../strategy.ts";
import { since } from "../columns.ts";

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

/** Events are kept where their object is, those of objects without a namespace in `default`. */
function validateEvent({ metadata, involvedObject, eventTime }: Event): FieldError[] {
  const own = metadata.namespace ?? "";
  const theirs = involvedObject?.namespace ?? "";
  const isOld = (eventTime ?? "") === "";
  const homes = isOld ? ["default"] : ["default", "kube-system"];
  const fits = theirs === "" ? homes.includes(own) : !isOld || own === theirs;
  return fits ? [] : [invalid("involvedObject.namespace", theirs, "does not match event.namespace")];
}
