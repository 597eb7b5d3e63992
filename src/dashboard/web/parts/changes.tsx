import type { Change } from "../../model/protocol.ts";
import { clusterOf } from "../state/reach.ts";
import { timeOfDay } from "../state/words.ts";
import { useApp } from "./context.ts";
import { HealthSign } from "./health.tsx";
import { ItemLink } from "./item-link.tsx";

/** Changes, newest first; the time of each leads to the picture as it was then. */
export function ChangeList(props: {
  readonly changes: readonly Change[];
  /** All of one object, on its own page. */
  readonly own?: boolean;
}) {
  const { changes, own = false } = props;
  const app = useApp();
  return (
    <ol class="changes">
      {changes.map((change) => (
        <li key={`${change.at} ${change.key} ${change.says}`}>
          <a href={app.href({ page: "federation", at: change.at })} title="The picture at this second">
            {timeOfDay(change.at)}
          </a>
          <HealthSign health={change.health ?? "done"} />
          <span>
            {change.says}
            {change.who !== undefined && <span class="muted"> · {change.who}</span>}
          </span>
          {!own && (
            <span class="muted">
              <ItemLink of={change.key} /> {clusterOf(change.key)}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
