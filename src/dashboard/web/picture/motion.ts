/** Marks that come, from where their predecessor was. Those that stay are moved by style.css. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ItemKey } from "../../model/items.ts";
import { entrances } from "../layout/entrances.ts";
import type { Mark } from "../layout/federation.ts";

// Of style.css: marks move alike.
const MOVE = { duration: 700, easing: "cubic-bezier(.3,.7,.2,1)" };

export function useEntrances(box: { readonly current: HTMLElement | null }, marks: ReadonlyMap<ItemKey, Mark>): void {
  const before = useRef<ReadonlyMap<ItemKey, Mark>>(new Map());
  useLayoutEffect(() => {
    const old = before.current;
    before.current = marks;
    if (old.size === 0 || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const from = entrances(old, marks);
    if (from.size === 0) return;
    for (const element of box.current?.querySelectorAll<SVGAElement>("[data-pod]") ?? []) {
      const key = element.dataset["pod"] ?? "";
      const start = from.get(key);
      const end = marks.get(key);
      if (start === undefined || end === undefined) continue;
      element.animate([{ transform: moveTo(start) }, { transform: moveTo(end) }], MOVE);
    }
  }, [box, marks]);
}

function moveTo({ x, y }: { readonly x: number; readonly y: number }): string {
  return `translate(${x}px, ${y}px)`;
}
