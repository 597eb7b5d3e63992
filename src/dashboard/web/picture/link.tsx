/** A peering as a line between two panels, with what is measured on it. */
import type { ItemKey } from "../../model/items.ts";
import type { PeeringSample } from "../../model/protocol.ts";
import type { Link } from "../layout/federation.ts";
import { useApp } from "../parts/context.ts";
import { HEALTH_WORDS, latency, percent, rate } from "../state/words.ts";

interface Measured {
  readonly latencyMs?: number | undefined;
  /** Both directions. */
  readonly bytesPerSecond?: number | undefined;
  readonly loss?: number | undefined;
}

function measuredOf(link: Pick<Link, "sides">, samples: ReadonlyMap<ItemKey, PeeringSample>): Measured {
  const found = link.sides.flatMap(({ key }) => samples.get(key) ?? []);
  const sample = found.find(({ latencyMs }) => latencyMs !== undefined) ?? found[0];
  const fromObject = link.sides.flatMap(({ connection }) => connection?.latencyMs ?? [])[0];
  const moved = sample === undefined ? undefined : sum(sample.received, sample.sent);
  return { latencyMs: sample?.latencyMs ?? fromObject, bytesPerSecond: moved, loss: sample?.loss };
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0);
}

const CHIP = { width: 132, lineHeight: 16, pad: 8 };

export function LinkLine(props: { readonly link: Link; readonly samples: ReadonlyMap<ItemKey, PeeringSample> }) {
  const app = useApp();
  const { link, samples } = props;
  const measured = measuredOf(link, samples);
  const lines = linesOf(link, measured);
  const words = `Peering of ${link.names.join(" and ")}: ${lines.join(", ")}`;
  return (
    <a class={`link ${link.health}`} href={app.hrefOfItem(link.key)} aria-label={words}>
      <title>{words}</title>
      <path class="target" d={link.path} />
      <path class="line" d={link.path} />
      {link.room ? <Chip link={link} lines={lines} /> : <Dot link={link} />}
    </a>
  );
}

function linesOf(link: Link, { latencyMs, bytesPerSecond, loss }: Measured): readonly string[] {
  const state = link.health === "good" ? "healthy" : HEALTH_WORDS[link.health];
  return [
    latencyMs === undefined || link.health === "bad" ? state : `${state} · ${latency(latencyMs)}`,
    ...(bytesPerSecond === undefined ? [] : [rate(bytesPerSecond)]),
    ...(loss === undefined || loss === 0 ? [] : [`${percent(loss)} lost`]),
  ];
}

function Chip({ link, lines }: { readonly link: Link; readonly lines: readonly string[] }) {
  const height = lines.length * CHIP.lineHeight + CHIP.pad;
  const { x, y } = link.middle;
  return (
    <g class="chip">
      <rect x={x - CHIP.width / 2} y={y - height / 2} width={CHIP.width} height={height} rx={8} />
      {lines.map((line, index) => (
        <text
          key={line}
          x={x}
          y={y - height / 2 + CHIP.pad / 2 + (index + 0.75) * CHIP.lineHeight}
          text-anchor="middle"
        >
          {line}
        </text>
      ))}
    </g>
  );
}

function Dot({ link }: { readonly link: Link }) {
  const { x, y } = link.middle;
  return (
    <g class="dot">
      <circle cx={x} cy={y} r={link.health === "good" ? 4 : 7} />
      {link.health !== "good" && <path d={`M${x} ${y - 3.5}v4M${x} ${y + 3}v.4`} />}
    </g>
  );
}
