/** The picture of all clusters: where panels, nodes, pods and links lie, in pixels. One pass over pods and nodes. */
import type { ClusterItem, Health, NodeItem, PeeringItem, PodItem } from "../../model/items.ts";
import { type Catalog, compare } from "../state/catalog.ts";
import { type Box, type Route, routeOf } from "./links.ts";
import { gridOf, placeOf } from "./marks.ts";
import { type Cell, cellOf, ordered, type Ranked, type Sheet, sheetOf } from "./panels.ts";

export interface Panel extends Box {
  readonly name: string;
  /** Undefined: a peer that this page does not look at. */
  readonly cluster?: ClusterItem;
  readonly pods: number;
}

export interface NodeBox extends Box {
  readonly key: string;
  readonly cluster: string;
  /** Undefined: pods that wait for a node. */
  readonly node?: NodeItem;
  readonly columns: number;
  readonly pods: readonly Mark[];
  readonly bad: number;
}

export interface Mark {
  readonly pod: PodItem;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

export interface Link extends Route {
  readonly key: string;
  readonly sides: readonly PeeringItem[];
  readonly names: readonly [string, string];
  readonly health: Health;
  /** Whether words fit beside it. */
  readonly room: boolean;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly panels: readonly Panel[];
  readonly nodes: readonly NodeBox[];
  readonly links: readonly Link[];
}

const PAD = 12;
const HEADER = 58;
const NODE_HEADER = 30;
const NODE_PAD = 10;
const NODE_GAP = 10;
const EMPTY = 22;
const LEAST_NODE = 170;
const LEAST_CROWDED_NODE = 320;
const CROWDED = 100;
// What the words of a link take, with some line left to see.
const WORDS_WIDTH = 140;
const WORDS_HEIGHT = 70;

export function layoutFederation(catalog: Catalog, pods: readonly PodItem[], width: number): Picture {
  const byNode = Map.groupBy(pods, (pod) => nodeKey(pod.cluster, pod.node));
  const nodes = Map.groupBy(catalog.of.node, ({ cluster }) => cluster);
  const pairs = pairsOf(catalog);
  const { names, wide } = ordered(rankedOf(catalog, nodes, pairs));
  const index = new Map(names.map((name, at) => [name, at]));
  const far = pairs.some(({ names: [a, b] }) => Math.abs((index.get(a) ?? 0) - (index.get(b) ?? 0)) > 1);
  const sheet = sheetOf(names.length, width, wide, far);
  const drafts = names.map((name, at) =>
    draftOf(name, nodes.get(name) ?? [], byNode, (at < wide ? sheet.width : sheet.panelWidth) - 2 * PAD),
  );
  const clusters = new Map(catalog.of.cluster.map((cluster) => [cluster.cluster, cluster]));
  const { panels, boxes, height } = placed(drafts, sheet, clusters);
  return { width, height, panels, nodes: boxes, links: linksOf(pairs, panels, index, sheet) };
}

function rankedOf(
  catalog: Catalog,
  nodes: ReadonlyMap<string, readonly NodeItem[]>,
  pairs: readonly Pair[],
): readonly Ranked[] {
  const peers = new Map<string, number>();
  for (const { names } of pairs) for (const name of names) peers.set(name, (peers.get(name) ?? 0) + 1);
  return [...catalog.of.cluster.map(({ cluster }) => cluster), ...outside(catalog)].map((name) => ({
    name,
    peers: peers.get(name) ?? 0,
    nodes: nodes.get(name)?.length ?? 0,
  }));
}

function placed(
  drafts: readonly Draft[],
  sheet: Sheet,
  clusters: ReadonlyMap<string, ClusterItem>,
): { readonly panels: readonly Panel[]; readonly boxes: readonly NodeBox[]; readonly height: number } {
  const panels: Panel[] = [];
  const boxes: NodeBox[] = [];
  let y = 0;
  const rows = Map.groupBy(drafts.entries(), ([index]) => cellOf(index, sheet).row);
  for (const row of rows.values()) {
    const height = Math.max(...row.map(([, draft]) => draft.height));
    for (const [index, draft] of row) {
      const x = cellOf(index, sheet).column * (sheet.panelWidth + sheet.gapX);
      const cluster = clusters.get(draft.name);
      const size = { x, y, width: index < sheet.wide ? sheet.width : sheet.panelWidth, height };
      panels.push({ ...size, name: draft.name, pods: draft.pods, ...(cluster === undefined ? {} : { cluster }) });
      for (const box of draft.boxes) boxes.push(moved(box, x + PAD, y + HEADER));
    }
    y += height + sheet.gapY;
  }
  // Below the last row runs a gutter, too.
  return { panels, boxes, height: Math.max(0, y - (panels.length > 2 ? sheet.gapY / 4 : sheet.gapY)) };
}

function nodeKey(cluster: string, node: string | undefined): string {
  return `${cluster}/${node ?? ""}`;
}

/** Peers that are known by their peering only. */
function outside(catalog: Catalog): readonly string[] {
  return [...new Set(catalog.of.peering.map(({ peer }) => peer))].filter((id) => !catalog.byID.has(id)).sort(compare);
}

interface Draft {
  readonly name: string;
  readonly boxes: readonly NodeBox[];
  readonly height: number;
  readonly pods: number;
}

function draftOf(
  name: string,
  nodes: readonly NodeItem[],
  byNode: ReadonlyMap<string, readonly PodItem[]>,
  width: number,
): Draft {
  const sorted = [...nodes].sort((a, b) => rank(a) - rank(b) || compare(a.name, b.name));
  const contents: { node?: NodeItem; pods: readonly PodItem[] }[] = sorted.map((node) => ({
    node,
    pods: byNode.get(nodeKey(name, node.name)) ?? [],
  }));
  const waiting = byNode.get(nodeKey(name, undefined)) ?? [];
  if (waiting.length > 0) contents.push({ pods: waiting });
  const most = Math.max(0, ...contents.map(({ pods }) => pods.length));
  const least = most > CROWDED ? LEAST_CROWDED_NODE : LEAST_NODE;
  const fit = Math.max(1, Math.floor((width + NODE_GAP) / (least + NODE_GAP)));
  const columns = Math.max(1, Math.min(fit, contents.length));
  const nodeWidth = (width - (columns - 1) * NODE_GAP) / columns;
  const boxes: NodeBox[] = [];
  let y = 0;
  for (let first = 0; first < contents.length; first += columns) {
    const row = contents
      .slice(first, first + columns)
      .map(({ node, pods }, column) => nodeBox(name, node, pods, column * (nodeWidth + NODE_GAP), y, nodeWidth));
    const height = Math.max(...row.map((box) => box.height));
    boxes.push(...row.map((box) => ({ ...box, height })));
    y += height + NODE_GAP;
  }
  const pods = contents.reduce((sum, content) => sum + content.pods.length, 0);
  return { name, boxes, height: HEADER + Math.max(y - NODE_GAP, nodes.length === 0 ? EMPTY : 0) + PAD, pods };
}

/** Real nodes, then virtual ones. */
function rank(node: NodeItem): number {
  return node.provider === undefined ? 0 : 1;
}

function nodeBox(
  cluster: string,
  node: NodeItem | undefined,
  pods: readonly PodItem[],
  x: number,
  y: number,
  width: number,
): NodeBox {
  const grid = gridOf(pods.length, width - 2 * NODE_PAD);
  const marks = sortedPods(pods).map((pod, index) => {
    const place = placeOf(grid, index);
    return { pod, size: grid.size, x: x + NODE_PAD + place.x, y: y + NODE_HEADER + place.y };
  });
  return {
    key: `${cluster}/${node?.name ?? ""}`,
    cluster,
    ...(node === undefined ? {} : { node }),
    columns: grid.columns,
    pods: marks,
    bad: pods.filter(({ health }) => health === "bad").length,
    x,
    y,
    width,
    height: NODE_HEADER + (grid.height === 0 ? 0 : grid.height + NODE_PAD),
  };
}

/** Those of one owner beside each other, and always in the same order. */
function sortedPods(pods: readonly PodItem[]): readonly PodItem[] {
  return [...pods].sort(
    (a, b) =>
      compare(a.namespace, b.namespace) || compare(a.owner ?? a.name, b.owner ?? b.name) || compare(a.name, b.name),
  );
}

function moved(box: NodeBox, byX: number, byY: number): NodeBox {
  const pods = box.pods.map((mark) => ({ ...mark, x: mark.x + byX, y: mark.y + byY }));
  return { ...box, x: box.x + byX, y: box.y + byY, pods };
}

const WORST: readonly Health[] = ["bad", "waiting", "ending", "done", "good"];

/** A peering as both of its clusters have it. */
interface Pair {
  readonly names: readonly [string, string];
  readonly sides: readonly PeeringItem[];
}

function pairsOf(catalog: Catalog): readonly Pair[] {
  const pairs = Map.groupBy(catalog.of.peering, ({ cluster, peer }) =>
    [cluster, catalog.byID.get(peer)?.cluster ?? peer].sort(compare).join("\n"),
  );
  return [...pairs].map(([pair, sides]) => {
    const [first = "", second = ""] = pair.split("\n");
    // Who uses the other's resources has more to tell.
    return { names: [first, second], sides: [...sides].sort((a, b) => compare(b.role, a.role)) };
  });
}

function linksOf(
  pairs: readonly Pair[],
  panels: readonly Panel[],
  index: ReadonlyMap<string, number>,
  sheet: Sheet,
): readonly Link[] {
  const end = (name: string): { box: Panel; cell: Cell } | undefined => {
    const at = index.get(name);
    const box = at === undefined ? undefined : panels[at];
    return at === undefined || box === undefined ? undefined : { box, cell: cellOf(at, sheet) };
  };
  return pairs.flatMap(({ names, sides }, lane) => {
    const from = end(names[0]);
    const to = end(names[1]);
    const key = sides[0]?.key;
    if (from === undefined || to === undefined || from.box === to.box || key === undefined) return [];
    const health = WORST.find((each) => sides.some((side) => side.health === each)) ?? "good";
    const route = routeOf(from, to, sheet, lane);
    const space = route.straight === "across" ? sheet.gapX >= WORDS_WIDTH : sheet.gapY >= WORDS_HEIGHT;
    return [{ ...route, key, sides, names, health, room: space && route.straight !== "no" }];
  });
}
