/** Clusters as panels in rows and columns, with room for links between them. */

export interface Cell {
  readonly row: number;
  readonly column: number;
}

export interface Sheet {
  readonly width: number;
  readonly columns: number;
  readonly panelWidth: number;
  readonly gapX: number;
  readonly gapY: number;
  /** How many of the first panels have a row each. */
  readonly wide: number;
}

const LEAST_PANEL = 300;
const LEAST_OF_MANY = 262;
const MANY = 6;
const FEW = 3;
// Where the words of a link fit between two panels.
const WIDE_GAP = 160;
const NARROW_GAP = 44;
const TALL_GAP = 76;
const BESIDE = 32;

/**
 * The first `wide` of the panels take a row each: a cluster with many peers has many nodes. `beside`: links run along the
 * only column.
 */
export function sheetOf(count: number, width: number, wide: number, beside: boolean): Sheet {
  const few = count <= FEW;
  const rest = Math.max(1, count - wide);
  const gapX = few ? WIDE_GAP : NARROW_GAP;
  const least = count > MANY ? LEAST_OF_MANY : LEAST_PANEL;
  const most = Math.max(1, Math.floor((width + gapX) / (least + gapX)));
  const rows = Math.ceil(rest / most);
  // Even rows, not a full one and a rest.
  const columns = Math.ceil(rest / rows);
  const gapY = few ? TALL_GAP : NARROW_GAP;
  if (columns === 1) {
    const panelWidth = width - (beside ? BESIDE : 0);
    return { width: panelWidth, columns, panelWidth, gapX: BESIDE, gapY, wide };
  }
  const panelWidth = Math.floor((width - (columns - 1) * gapX) / columns);
  return { width, columns, panelWidth, gapX, gapY, wide };
}

export function cellOf(index: number, { columns, wide }: Pick<Sheet, "columns" | "wide">): Cell {
  if (index < wide) return { row: index, column: 0 };
  return { row: wide + Math.floor((index - wide) / columns), column: (index - wide) % columns };
}

export interface Ranked {
  readonly name: string;
  readonly peers: number;
  readonly nodes: number;
}

const NODES_OF_WIDE = 6;

/** In which order they stand: where there are many, those with many nodes first; of three, who has most peers in the middle. */
export function ordered(clusters: readonly Ranked[]): { readonly names: readonly string[]; readonly wide: number } {
  const sorted = [...clusters].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = (ranked: readonly Ranked[]): string[] => ranked.map(({ name }) => name);
  if (sorted.length === FEW) {
    const hub = sorted.reduce((most, each) => (each.peers > most.peers ? each : most));
    const [left, right] = sorted.filter((each) => each !== hub);
    return { names: names([left, hub, right].filter((each) => each !== undefined)), wide: 0 };
  }
  if (sorted.length < FEW) return { names: names(sorted), wide: 0 };
  const middle = [...sorted].sort((a, b) => a.nodes - b.nodes)[Math.floor(sorted.length / 2)]?.nodes ?? 0;
  const isWide = ({ nodes }: Ranked): boolean => nodes >= NODES_OF_WIDE && nodes > 2 * middle;
  const wide = sorted.filter(isWide);
  return { names: names([...wide, ...sorted.filter((each) => !isWide(each))]), wide: wide.length };
}
