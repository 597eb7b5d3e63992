/** Clusters and nodes as boxes. */
import { itemKey } from "../../model/items.ts";
import type { NodeBox, Panel } from "../layout/federation.ts";
import { fitted, widthOf } from "../layout/text.ts";
import { useApp } from "../parts/context.ts";
import { nameOfID } from "../state/catalog.ts";
import { counted } from "../state/words.ts";

const PAD = 14;
// Of a node's name and both counts.
const ROOM_FOR_BOTH = 230;

export function PanelFrame({ panel }: { readonly panel: Panel }) {
  const app = useApp();
  const { x, y, width, height, name, cluster, pods } = panel;
  const words = panelWords(panel);
  const count = counted(pods, "pod");
  const title = fitted(name, width - 2 * PAD - widthOf(count, 13) - 12, 16);
  const kind = cluster === undefined ? "outside" : cluster.reachable ? "" : "unreachable";
  return (
    <g class={`panel ${kind}`} role="group" aria-label={`Cluster ${name}: ${words}, ${count}`}>
      <rect x={x} y={y} width={width} height={height} rx={14} />
      {cluster === undefined ? (
        <text class="title" x={x + PAD} y={y + 26}>
          {title}
        </text>
      ) : (
        <a href={app.hrefOfItem(itemKey("cluster", cluster.cluster, "", ""))}>
          <text class="title" x={x + PAD} y={y + 26}>
            {title}
          </text>
        </a>
      )}
      <text class="count" x={x + width - PAD} y={y + 26} text-anchor="end">
        {cluster === undefined ? "" : count}
      </text>
      <text class="sub" x={x + PAD} y={y + 45}>
        {fitted(words, width - 2 * PAD, 12)}
      </text>
    </g>
  );
}

function panelWords({ cluster }: Panel): string {
  if (cluster === undefined) return "a peer that this page does not look at";
  if (!cluster.reachable) return `Not reachable: ${cluster.message ?? "it does not answer"}`;
  const version = cluster.version === undefined ? "" : `Kubernetes ${cluster.version}`;
  return cluster.message ?? (cluster.id === undefined ? `${version}, without Liqo` : version);
}

export function NodeFrame({ box }: { readonly box: NodeBox }) {
  const app = useApp();
  const { x, y, width, height, node, pods, bad } = box;
  const ofAll = width < ROOM_FOR_BOTH ? "" : `of ${pods.length} `;
  const count = bad > 0 ? `${bad} ${ofAll}bad` : pods.length === 0 ? "no pods" : String(pods.length);
  const state = node === undefined ? "" : !node.ready ? "not ready" : node.cordoned ? "cordoned" : "";
  const right = [state, count].filter(Boolean).join(" · ");
  const kind = node === undefined ? "nowhere" : node.provider === undefined ? "real" : "virtual";
  const name = node === undefined ? "Waiting for a node" : node.name;
  const title = fitted(name, width - 40 - widthOf(right, 12) - 8, 13);
  return (
    <g
      class={`node ${kind} ${node?.ready === false ? "bad" : ""}`}
      role="group"
      aria-label={nodeWords(box, (id) => nameOfID(app.catalog.peek(), id))}
    >
      <rect x={x} y={y} width={width} height={height} rx={9} />
      <path class="icon" d={kind === "virtual" ? cloud(x + 10, y + 9) : server(x + 10, y + 9)} />
      {node === undefined ? (
        <text class="name" x={x + 30} y={y + 20}>
          {title}
        </text>
      ) : (
        <a href={app.hrefOfItem(node.key)}>
          <text class="name" x={x + 30} y={y + 20}>
            {title}
          </text>
        </a>
      )}
      <text
        class={bad > 0 || state === "not ready" ? "count bad" : "count"}
        x={x + width - 10}
        y={y + 20}
        text-anchor="end"
      >
        {right}
      </text>
    </g>
  );
}

function nodeWords({ cluster, node, pods, bad }: NodeBox, name: (id: string) => string): string {
  const count = `${counted(pods.length, "pod")}${bad === 0 ? "" : `, ${bad} need attention`}`;
  if (node === undefined) return `Pods of ${cluster} that wait for a node: ${count}`;
  const what = node.provider === undefined ? "Node" : "Virtual node";
  const stands = node.provider === undefined ? "" : `, stands for ${name(node.provider)}`;
  const state = `${node.ready ? "" : ", not ready"}${node.cordoned ? ", cordoned" : ""}`;
  return `${what} ${node.name} of ${cluster}${stands}${state}: ${count}`;
}

function server(x: number, y: number): string {
  return `M${x} ${y + 1}h13v5h-13zM${x} ${y + 8}h13v5h-13zM${x + 3} ${y + 3.5}h.5M${x + 3} ${y + 10.5}h.5`;
}

function cloud(x: number, y: number): string {
  return `M${x + 3.5} ${y + 12}a3 3 0 0 1 0-6a4 4 0 0 1 7.6-1a3.5 3.5 0 0 1-.3 7z`;
}
