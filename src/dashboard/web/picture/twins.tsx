/** Lines from pods to their twins: always where there are few, else of the pod that is pointed at. */
import type { ItemKey } from "../../model/items.ts";
import type { Mark } from "../layout/federation.ts";

const FEW = 12;

export function TwinLines(props: {
  readonly marks: ReadonlyMap<ItemKey, Mark>;
  readonly pointed: ItemKey | undefined;
}) {
  const { marks, pointed } = props;
  const pairs = [...marks.values()].flatMap((mark) => {
    const twin = mark.pod.role === "offloaded" && mark.pod.twin !== undefined ? marks.get(mark.pod.twin) : undefined;
    return twin === undefined ? [] : [{ mark, twin }];
  });
  const isPointed = ({ mark, twin }: { mark: Mark; twin: Mark }): boolean =>
    mark.pod.key === pointed || twin.pod.key === pointed;
  return (
    <g class="twins">
      {pairs
        .filter((pair) => pairs.length <= FEW || isPointed(pair))
        .map((pair) => (
          <path key={pair.mark.pod.key} class={isPointed(pair) ? "pointed" : ""} d={curve(pair.mark, pair.twin)} />
        ))}
    </g>
  );
}

function curve(a: Mark, b: Mark): string {
  const from = { x: a.x + a.size / 2, y: a.y + a.size / 2 };
  const to = { x: b.x + b.size / 2, y: b.y + b.size / 2 };
  const bend = Math.max(30, Math.abs(to.x - from.x) / 3);
  const side = to.x >= from.x ? 1 : -1;
  return `M${from.x} ${from.y}C${from.x + side * bend} ${from.y} ${to.x - side * bend} ${to.y} ${to.x} ${to.y}`;
}
