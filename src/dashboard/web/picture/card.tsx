/** What a pod is, beside its mark. */

import type { Mark, Picture } from "../layout/federation.ts";
import { useApp } from "../parts/context.ts";
import { HealthWord } from "../parts/health.tsx";
import { clusterOf } from "../state/reach.ts";
import { ago } from "../state/words.ts";

const WIDTH = 260;
const GAP = 10;
const ROOM_ABOVE = 200;

export function PodCard({ mark, layout }: { readonly mark: Mark; readonly layout: Picture }) {
  const app = useApp();
  const { pod, x, y, size } = mark;
  const left = Math.max(0, Math.min(layout.width - WIDTH, x + size / 2 - WIDTH / 2));
  // Above the mark, where the page may end below it.
  const above = y > ROOM_ABOVE && y > layout.height / 2;
  const height = above ? { bottom: `${layout.height - y + GAP}px` } : { top: `${y + size + GAP}px` };
  const away = pod.twin === undefined ? undefined : clusterOf(pod.twin);
  return (
    <div class="card" style={{ left: `${left}px`, width: `${WIDTH}px`, ...height }}>
      <strong>{pod.name}</strong>
      <HealthWord health={pod.health} word={pod.status} />
      <dl>
        <dt>Namespace</dt>
        <dd>{pod.namespace}</dd>
        <dt>Node</dt>
        <dd>{pod.node === undefined ? "none yet" : `${pod.node}, ${pod.cluster}`}</dd>
        {pod.role === "offloaded" && away !== undefined && (
          <>
            <dt>Runs in</dt>
            <dd>{away}</dd>
          </>
        )}
        {pod.role === "twin" && away !== undefined && (
          <>
            <dt>Runs for</dt>
            <dd>{away}</dd>
          </>
        )}
        <dt>Ready</dt>
        <dd>
          {pod.ready}
          {pod.restarts > 0 ? `, ${pod.restarts} restarts` : ""}
        </dd>
        <dt>Made</dt>
        <dd>{ago(Date.parse(pod.createdAt), app.now.value)}</dd>
      </dl>
    </div>
  );
}
