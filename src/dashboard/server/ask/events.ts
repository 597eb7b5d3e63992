/** Events of an object, as a page shows them. */
import type { Event } from "kubernetes-types/core/v1";
import type { ObjectEvent } from "../../model/protocol.ts";

const MOST_EVENTS = 200;

/** Newest first. */
export function objectEvents(
  all: readonly { readonly cluster: string; readonly events: readonly Event[] }[],
): ObjectEvent[] {
  return all
    .flatMap(({ cluster, events }) => events.map((event) => objectEvent(event, cluster)))
    .sort((a, b) => b.at - a.at)
    .slice(0, MOST_EVENTS);
}

function objectEvent(event: Event, cluster: string): ObjectEvent {
  const { lastTimestamp, eventTime, firstTimestamp, metadata, series } = event;
  const times = [series?.lastObservedTime, lastTimestamp, eventTime, firstTimestamp, metadata.creationTimestamp];
  const at = Date.parse(times.find((time) => time !== undefined && time !== null) ?? "");
  return {
    at: Number.isNaN(at) ? 0 : at,
    cluster,
    type: event.type ?? "Normal",
    reason: event.reason ?? "",
    message: (event.message ?? "").slice(0, 2_000),
    count: series?.count ?? event.count ?? 1,
    from: event.reportingComponent || event.source?.component || "",
  };
}
