/** The picture of the federation: SVG at the size it is shown, so that text stays text. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ItemKey, PodItem } from "../../model/items.ts";
import { type Picture as Layout, layoutFederation, type Mark } from "../layout/federation.ts";
import { neighbour } from "../layout/marks.ts";
import { useApp } from "../parts/context.ts";
import type { Catalog } from "../state/catalog.ts";
import { PodCard } from "./card.tsx";
import { NodeFrame, PanelFrame } from "./frames.tsx";
import { LinkLine } from "./link.tsx";
import { PodMark } from "./mark.tsx";
import { useEntrances } from "./motion.ts";
import { TwinLines } from "./twins.tsx";

export function Picture({ catalog, pods }: { readonly catalog: Catalog; readonly pods: readonly PodItem[] }) {
  const app = useApp();
  const [box, width] = useWidth();
  const layout = useMemo(
    () => (width === 0 ? undefined : layoutFederation(catalog, pods, width)),
    [catalog, pods, width],
  );
  const marks = useMemo(() => marksOf(layout), [layout]);
  const [pointed, point] = useState<ItemKey>();
  useEntrances(box, marks);
  if (layout === undefined) return <div ref={box} class="picture" />;
  const shown = pointed === undefined ? undefined : marks.get(pointed);
  return (
    <div
      ref={box}
      class="picture"
      onPointerOver={(event) => point(keyAt(event.target))}
      onPointerLeave={() => point(undefined)}
      onFocusIn={(event) => point(keyAt(event.target))}
      onFocusOut={() => point(undefined)}
      onKeyDown={(event) => {
        if (event.key === "Escape") point(undefined);
        else moveFocus(event, layout);
      }}
    >
      <svg width={layout.width} height={layout.height} role="group" aria-label="Clusters, their nodes and pods">
        {layout.links.map((link) => (
          <LinkLine key={link.key} link={link} samples={app.samples.value} />
        ))}
        {layout.panels.map((panel) => (
          <PanelFrame key={panel.name} panel={panel} />
        ))}
        {layout.nodes.map((node) => (
          <NodeFrame key={node.key} box={node} />
        ))}
        <TwinLines marks={marks} pointed={pointed} />
        <Marks layout={layout} marks={marks} />
      </svg>
      {shown !== undefined && <PodCard mark={shown} layout={layout} />}
    </div>
  );
}

/** In the order of their keys: an element that changes its place among the others would stop to move. */
function Marks({ layout, marks }: { readonly layout: Layout; readonly marks: ReadonlyMap<ItemKey, Mark> }) {
  const app = useApp();
  const firsts = useMemo(() => new Set(layout.nodes.map(({ pods }) => pods[0]?.pod.key)), [layout]);
  const silent = useMemo(
    () => new Set(layout.panels.filter(({ cluster }) => cluster?.reachable === false).map(({ name }) => name)),
    [layout],
  );
  return (
    <g class="marks">
      {[...marks].map(([key, mark]) => (
        <PodMark
          key={key}
          mark={mark}
          first={firsts.has(key)}
          stale={silent.has(mark.pod.cluster)}
          href={app.hrefOfItem(key)}
        />
      ))}
    </g>
  );
}

function marksOf(layout: Layout | undefined): ReadonlyMap<ItemKey, Mark> {
  const marks = (layout?.nodes ?? []).flatMap(({ pods }) => pods.map((mark) => [mark.pod.key, mark] as const));
  return new Map(marks.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function keyAt(target: EventTarget | null): ItemKey | undefined {
  const element = target instanceof Element ? target.closest("[data-pod]") : null;
  return element?.getAttribute("data-pod") ?? undefined;
}

function moveFocus(event: KeyboardEvent, layout: Layout): void {
  const key = keyAt(event.target);
  if (key === undefined || !event.key.startsWith("Arrow")) return;
  const node = layout.nodes.find(({ pods }) => pods.some(({ pod }) => pod.key === key));
  if (node === undefined) return;
  event.preventDefault();
  const index = node.pods.findIndex(({ pod }) => pod.key === key);
  const next = node.pods[neighbour(node.columns, node.pods.length, index, event.key)];
  const all = (event.currentTarget as Element).querySelectorAll<SVGAElement>("[data-pod]");
  for (const element of all) if (element.dataset["pod"] === next?.pod.key) element.focus();
}

function useWidth(): [{ readonly current: HTMLDivElement | null }, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width];
}
