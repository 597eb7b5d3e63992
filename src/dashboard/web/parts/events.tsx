import { ago } from "../state/words.ts";
import { useApp } from "./context.ts";
import { useLoaded } from "./loaded.ts";
import { Table } from "./table.tsx";

/** Events of an object and of its twin, of both clusters in one list. */
export function EventsPart({ of, fresh }: { readonly of: string; readonly fresh: unknown }) {
  const app = useApp();
  const events = useLoaded((signal) => app.machine.api.events(of, signal), [of, fresh]);
  const rows = (events.value ?? []).map((event) => ({
    key: `${event.at} ${event.cluster} ${event.reason} ${event.message}`,
    cells: [
      ago(event.at, app.now.value),
      event.cluster,
      <span key="reason" class={event.type === "Warning" ? "warning" : ""}>
        {event.type === "Warning" ? `⚠ ${event.reason}` : event.reason}
      </span>,
      `${event.message}${event.count > 1 ? ` (${event.count} times)` : ""}`,
      event.from,
    ],
  }));
  return (
    <section aria-labelledby="events" aria-busy={events.state === "waiting"}>
      <h2 id="events">Events</h2>
      {events.state === "failed" ? (
        <p class="failed">{events.message}</p>
      ) : (
        <Table
          caption="Events"
          head={["When", "Cluster", "Reason", "Message", "From"]}
          rows={rows}
          none={events.value === undefined ? "Reading events …" : "No events in the last hour."}
        />
      )}
    </section>
  );
}
