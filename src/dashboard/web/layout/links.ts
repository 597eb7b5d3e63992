/**
 * Links between panels. Neighbours are joined straight; others through the gutters between panels, in lanes, as on the map
 * of an underground railway: a line never runs below a panel.
 */
import type { Cell, Sheet } from "./panels.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Route {
  readonly path: string;
  /** Where the link's words or its mark stand. */
  readonly middle: Point;
  readonly straight: "across" | "down" | "no";
}

interface End {
  readonly box: Box;
  readonly cell: Cell;
}

const PORT_Y = 34;
const LANES = 5;
const LANE = 6;
const RADIUS = 10;

/** `lane` tells links apart that share a gutter. */
export function routeOf(first: End, second: End, sheet: Sheet, lane: number): Route {
  const [a, b] = before(first.cell, second.cell) ? [first, second] : [second, first];
  const shift = ((lane % LANES) - (LANES - 1) / 2) * LANE;
  if (a.cell.row === b.cell.row && b.cell.column - a.cell.column === 1) {
    const y = a.box.y + PORT_Y;
    const points = [
      { x: a.box.x + a.box.width, y },
      { x: b.box.x, y },
    ];
    return { path: rounded(points), middle: middleOf(points), straight: "across" };
  }
  if (b.cell.row - a.cell.row === 1 && (a.cell.column === b.cell.column || spans(a, b))) {
    const x = spans(a, b) ? b.box.x + b.box.width / 2 : a.box.x + a.box.width / 2;
    const points = [
      { x, y: a.box.y + a.box.height },
      { x, y: b.box.y },
    ];
    return { path: rounded(points), middle: middleOf(points), straight: "down" };
  }
  const points = aroundPanels(a, b, sheet, shift);
  return { path: rounded(points), middle: points.at(-2) ?? middleOf(points), straight: "no" };
}

/** Whether a wide panel lies above all of the other one. */
function spans(a: End, b: End): boolean {
  return a.box.x <= b.box.x && a.box.x + a.box.width >= b.box.x + b.box.width;
}

function before(a: Cell, b: Cell): boolean {
  return a.row < b.row || (a.row === b.row && a.column < b.column);
}

function aroundPanels(a: End, b: End, sheet: Sheet, shift: number): readonly Point[] {
  // Out at the bottom, along the gutter below, and into the other's top: or down its side, when rows lie between.
  const below = a.box.y + a.box.height + sheet.gapY / 2 + shift;
  const start = { x: a.box.x + a.box.width / 2 + shift * 2, y: a.box.y + a.box.height };
  if (b.cell.row - a.cell.row === 1) {
    const end = b.box.x + b.box.width / 2 + shift * 2;
    return [start, { x: start.x, y: below }, { x: end, y: below }, { x: end, y: b.box.y }];
  }
  if (b.cell.row === a.cell.row) {
    const end = { x: b.box.x + b.box.width / 2 + shift * 2, y: b.box.y + b.box.height };
    return [start, { x: start.x, y: below }, { x: end.x, y: below }, end];
  }
  // Along the gutter beside the other's column; left of the first column and right of the last one is none but the margin.
  const left = b.cell.column > 0;
  // A wide panel is left where the gutter begins.
  const side = left ? b.box.x - sheet.gapX / 2 + shift : b.box.x + b.box.width + sheet.gapX / 2 + shift;
  const port = { x: left ? b.box.x : b.box.x + b.box.width, y: b.box.y + PORT_Y + shift };
  if (side > a.box.x && side < a.box.x + a.box.width) return [{ x: side, y: start.y }, { x: side, y: port.y }, port];
  return [start, { x: start.x, y: below }, { x: side, y: below }, { x: side, y: port.y }, port];
}

function middleOf(points: readonly Point[]): Point {
  const first = points[0] ?? { x: 0, y: 0 };
  const last = points.at(-1) ?? first;
  return { x: (first.x + last.x) / 2, y: (first.y + last.y) / 2 };
}

/** A line through the points, with round corners. */
function rounded(points: readonly Point[]): string {
  return points
    .map((point, index) => {
      const previous = points[index - 1];
      const next = points[index + 1];
      if (previous === undefined) return `M${text(point)}`;
      if (next === undefined) return `L${text(point)}`;
      return `L${text(towards(point, previous))}Q${text(point)} ${text(towards(point, next))}`;
    })
    .join("");
}

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(RADIUS, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}

function text({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
