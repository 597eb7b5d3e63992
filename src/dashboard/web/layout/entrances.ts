/**
 * Where a mark that was not there before comes from. A pod never moves: another one takes its place, and a twin begins at
 * the one that it stands for. Drawn so, one sees the move.
 */
import type { ItemKey, PodItem } from "../../model/items.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Placed extends Point {
  readonly pod: PodItem;
}

export function entrances(
  before: ReadonlyMap<ItemKey, Placed>,
  after: ReadonlyMap<ItemKey, Placed>,
): ReadonlyMap<ItemKey, Point> {
  const left = new Map<string, Placed[]>();
  for (const [key, placed] of before) {
    const now = after.get(key);
    if (now !== undefined && now.pod.health !== "ending") continue;
    const owner = ownerOf(placed.pod);
    if (owner !== undefined) left.set(owner, [...(left.get(owner) ?? []), placed]);
  }
  const from = new Map<ItemKey, Point>();
  for (const [key, { pod }] of after) {
    if (before.has(key)) continue;
    const twin = pod.twin === undefined ? undefined : before.get(pod.twin);
    const start = left.get(ownerOf(pod) ?? "")?.shift() ?? twin;
    if (start !== undefined) from.set(key, { x: start.x, y: start.y });
  }
  return from;
}

function ownerOf({ cluster, namespace, owner }: PodItem): string | undefined {
  return owner === undefined ? undefined : `${cluster}/${namespace}/${owner}`;
}
