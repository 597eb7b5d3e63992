/** Pods of one node as marks in a grid: the more there are, the smaller. */

export interface Grid {
  /** Side of a mark, and from one to the next, in pixels. */
  readonly size: number;
  readonly pitch: number;
  readonly columns: number;
  readonly height: number;
}

const STEPS: readonly { readonly upTo: number; readonly size: number; readonly pitch: number }[] = [
  { upTo: 30, size: 16, pitch: 24 },
  { upTo: 100, size: 11, pitch: 16 },
  { upTo: 300, size: 8, pitch: 11 },
  { upTo: Number.POSITIVE_INFINITY, size: 5, pitch: 6.5 },
];

export function gridOf(count: number, width: number): Grid {
  const step = STEPS.find(({ upTo }) => count <= upTo) ?? { size: 5, pitch: 6.5 };
  const columns = Math.max(1, Math.floor((width + step.pitch - step.size) / step.pitch));
  const rows = Math.ceil(count / columns);
  return { size: step.size, pitch: step.pitch, columns, height: rows === 0 ? 0 : (rows - 1) * step.pitch + step.size };
}

/** The mark's upper left corner. */
export function placeOf(grid: Grid, index: number): { readonly x: number; readonly y: number } {
  return { x: (index % grid.columns) * grid.pitch, y: Math.floor(index / grid.columns) * grid.pitch };
}

/** The mark that an arrow leads to, or the same one at an edge. */
export function neighbour(columns: number, count: number, index: number, key: string): number {
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key] ?? 0;
  const next = index + step;
  return next >= 0 && next < count ? next : index;
}
