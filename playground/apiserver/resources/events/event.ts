/**
 * Events of `events.k8s.io`: another form of core Events, stored as those.
 * Kubernetes: pkg/apis/events/v1/conversion.go, pkg/apis/core/validation/events.go
 */
import type { Event as CoreEvent } from "kubernetes-types/core/v1";
import type { Event } from "kubernetes-types/events/v1";
import { coreEvents, events } from "#machinery/builtin.ts";
import { type FieldError, invalid, required } from "#machinery/field-error.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import { anyStrategy } from "../../strategy.ts";
import { eventStrategy } from "../core/event.ts";

/** What is called differently, and named in pairs: here, in core. */
const RENAMED = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
] as const;
const REQUIRED = ["eventTime", "reportingController", "reportingInstance", "action", "reason"] as const;
const MAX_NOTE_LENGTH = 1024;

function toCoreEvent(event: object): CoreEvent {
  const stored = renamed(event, new Map<string, string>(RENAMED), apiVersionOf(coreEvents));
  // Core requires the field, here it may be left out.
  return { involvedObject: {}, ...stored } as unknown as CoreEvent;
}

function fromCoreEvent(event: object): Event {
  const names = RENAMED.map(([here, there]) => [there, here] as const);
  return renamed(event, new Map<string, string>(names), apiVersionOf(events)) as unknown as Event;
}

function renamed(event: object, names: ReadonlyMap<string, string>, apiVersion: string): Record<string, unknown> {
  const entries = Object.entries(event).map(([field, value]) => [names.get(field) ?? field, value] as const);
  return { ...Object.fromEntries(entries), apiVersion };
}

export const eventsEventStrategy = anyStrategy<Event>({
  resource: events,
  singular: "event",
  shortNames: ["ev"],
  empty: { eventTime: null, deprecatedFirstTimestamp: null, deprecatedLastTimestamp: null },
  storedAs: { resource: coreEvents, toStored: toCoreEvent, fromStored: fromCoreEvent },
  validate: validateEvent,
  fieldLabels: {
    ...eventStrategy.fieldLabels,
    ...Object.fromEntries(
      Object.entries(eventStrategy.fieldLabels ?? {}).map(([label, read]) => [
        label.replace("involvedObject.", "regarding.").replace("reportingComponent", "reportingController"),
        read,
      ]),
    ),
  },
  ...(eventStrategy.table !== undefined && {
    table: {
      columns: eventStrategy.table.columns,
      cells: (event: Event, nowMs: number) => eventStrategy.table?.cells(toCoreEvent(event), nowMs) ?? [],
    },
  }),
});

function validateEvent(event: Event): FieldError[] {
  const errors: FieldError[] = REQUIRED.filter((field) => (event[field] ?? "") === "").map((field) => required(field));
  if (!["Normal", "Warning"].includes(event.type ?? ""))
    errors.push(invalid("type", event.type ?? "", "has invalid value"));
  if ((event.note ?? "").length > MAX_NOTE_LENGTH)
    errors.push(invalid("message", "", `can have at most ${MAX_NOTE_LENGTH} characters`));
  return errors;
}
