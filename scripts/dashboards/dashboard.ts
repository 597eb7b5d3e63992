/** Dashboards as Grafana reads them, of little more than titles and queries. Grafana ≥ 10: schema version 39 */

/** Grafana's names: `reqps`, `s`, `µs`, `Bps`, `bytes`, `short`. */
export type Unit = "short" | "reqps" | "s" | "µs" | "Bps" | "bytes" | "percentunit";

export interface Panel {
  readonly title: string;
  readonly kind: "timeseries" | "stat" | "table";
  readonly unit: Unit;
  /** PromQL, with the names of the series that it gives: `{{cluster_id}}`. */
  readonly queries: readonly (readonly [expression: string, legend: string])[];
  readonly description?: string;
  /** Of 24 columns. Default 12. */
  readonly width?: number;
}

export interface Dashboard {
  /** Also the name of its file. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** A list to choose peers from, which queries name as `$peer`; it gives their cluster ids. */
  readonly peers?: string;
  readonly panels: readonly Panel[];
}

const COLUMNS = 24;
const DATASOURCE = { type: "prometheus", uid: "$datasource" };

/** JSON as `Import dashboard` takes it. */
export function renderDashboard({ uid, title, description, peers, panels }: Dashboard): string {
  const variables = [
    { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
    ...(peers === undefined ? [] : [peerVariable(peers)]),
  ];
  const dashboard = {
    uid,
    title,
    description,
    tags: ["liqo"],
    schemaVersion: 39,
    editable: true,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    templating: { list: variables },
    panels: place(panels),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function peerVariable(query: string): object {
  return {
    name: "peer",
    label: "Peer",
    type: "query",
    datasource: DATASOURCE,
    query: `label_values(${query}, cluster_id)`,
    refresh: 2,
    includeAll: true,
    multi: true,
    allValue: ".*",
    current: { text: "All", value: "$__all" },
  };
}

/** Side by side as long as there is room. */
function place(panels: readonly Panel[]): object[] {
  let [x, y, rowHeight] = [0, 0, 0];
  return panels.map((panel, index) => {
    const w = panel.width ?? COLUMNS / 2;
    const h = panel.kind === "stat" ? 4 : 8;
    if (x + w > COLUMNS) {
      y += rowHeight;
      [x, rowHeight] = [0, 0];
    }
    const gridPos = { h, w, x, y };
    x += w;
    rowHeight = Math.max(rowHeight, h);
    return renderPanel(panel, index + 1, gridPos);
  });
}

function renderPanel({ title, kind, unit, queries, description }: Panel, id: number, gridPos: object): object {
  const isNow = kind !== "timeseries";
  return {
    id,
    title,
    ...(description !== undefined && { description }),
    type: kind,
    gridPos,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit, ...(kind === "timeseries" && { min: 0 }) }, overrides: [] },
    targets: queries.map(([expr, legendFormat], index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      ...(isNow && { instant: true }),
      ...(kind === "table" && { format: "table" }),
    })),
  };
}

/** The peers that are chosen. */
export const PEER = '{cluster_id=~"$peer"}';

/** Of Liqo's own programs: others of the cluster count under the same names. */
export function ofLiqo(expression: string): string {
  return `(${expression} and on (instance) liqo_build_info)`;
}

export function rate(counter: string): string {
  return `rate(${counter}[$__rate_interval])`;
}

/** Of a histogram's buckets, summed by `labels`. */
export function quantile(at: number, buckets: string, ...labels: readonly string[]): string {
  return `histogram_quantile(${at}, sum by (${[...labels, "le"].join(", ")}) (${buckets}))`;
}
