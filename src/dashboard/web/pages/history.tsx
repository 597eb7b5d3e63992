/** What changed, newest first. */
import { useState } from "preact/hooks";
import { ChangeList } from "../parts/changes.tsx";
import { useApp } from "../parts/context.ts";
import { useLoaded } from "../parts/loaded.ts";
import { counted, duration, timeOfDay } from "../state/words.ts";

const MOST = 500;
const RELOAD_MS = 5_000;

export function HistoryPage() {
  const app = useApp();
  const { from, to, about, at } = app.place.value;
  const [filter, setFilter] = useState("");
  const [onlyBad, setOnlyBad] = useState(false);
  const step = Math.ceil(app.now.value / RELOAD_MS) * RELOAD_MS;
  const end = to ?? at ?? step;
  const start = from ?? end - app.about.value.historyMs;
  const history = useLoaded(
    () => app.machine.api.history({ from: start, to: end, key: about, limit: MOST }),
    [start, end, about],
  );
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const all = history.value ?? [];
  const changes = all.filter(
    ({ says, who, key, health }) =>
      (!onlyBad || health === "bad") &&
      words.every((word) => `${says} ${who ?? ""} ${key}`.toLowerCase().includes(word)),
  );
  const bounded = from !== undefined || about !== undefined;
  return (
    <>
      <h1 tabIndex={-1}>
        {from === undefined || to === undefined ? "History" : `What changed in ${duration(to - from)}`}
      </h1>
      <p class="lead">
        {from === undefined || to === undefined
          ? "What was seen to change. A time leads to the picture as it was then."
          : `From ${timeOfDay(from)} to ${timeOfDay(to)}, newest first. `}{" "}
        {about !== undefined && `Only of ${decodeURIComponent(about.split("/").findLast(Boolean) ?? "")}. `}
        {bounded && <a href={app.href({ page: "history" })}>Show all changes</a>}
      </p>
      <div class="toolbar">
        <label class="field">
          Filter
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
        <label class="check">
          <input type="checkbox" checked={onlyBad} onChange={(event) => setOnlyBad(event.currentTarget.checked)} />
          Only what went wrong
        </label>
        <span class="muted" role="status">
          {counted(changes.length, "change")}
          {all.length >= MOST ? `, of the last ${MOST}` : ""}
        </span>
      </div>
      {history.state === "failed" && <p class="failed">{history.message}</p>}
      {history.state === "got" && changes.length === 0 && <p class="empty">Nothing changed.</p>}
      <div aria-busy={history.state === "waiting"}>
        <ChangeList changes={changes} />
      </div>
    </>
  );
}
