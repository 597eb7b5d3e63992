/** One pod: the shape says whether it is at home, the colour and the sign inside how it is. */
import { Component } from "preact";
import type { Health, PodItem } from "../../model/items.ts";
import type { Mark } from "../layout/federation.ts";
import { podWords } from "../state/words.ts";

interface Props {
  readonly mark: Mark;
  /** Of its node: the one that Tab leads to. */
  readonly first: boolean;
  /** Its cluster does not answer: it is as it was seen last. */
  readonly stale: boolean;
  readonly href: string;
}

const LEAST_WITH_SIGN = 10;

/** Drawn again only when it looks different: there may be thousands. */
export class PodMark extends Component<Props> {
  override shouldComponentUpdate({ mark, first, stale, href }: Props): boolean {
    const old = this.props;
    return (
      mark.x !== old.mark.x ||
      mark.y !== old.mark.y ||
      mark.size !== old.mark.size ||
      mark.pod !== old.mark.pod ||
      first !== old.first ||
      stale !== old.stale ||
      href !== old.href
    );
  }

  override render({ mark: { pod, x, y, size }, first, stale, href }: Props) {
    const node = pod.node === undefined ? "" : `, on ${pod.node}`;
    return (
      <a
        class={`mark ${pod.role} ${pod.health} ${stale ? "stale" : ""}`}
        style={{ transform: `translate(${x}px, ${y}px)` }}
        href={href}
        data-pod={pod.key}
        tabIndex={first ? 0 : -1}
        aria-label={`${podWords(pod)}${node}, cluster ${pod.cluster}${stale ? ", as it was seen last" : ""}`}
      >
        <rect class="target" x={-2} y={-2} width={size + 4} height={size + 4} />
        <path class="shape" d={shapeOf(pod.role, size)} />
        {size >= LEAST_WITH_SIGN && <path class="inside" d={signOf(pod.health, size)} />}
      </a>
    );
  }
}

export function shapeOf(role: PodItem["role"], size: number): string {
  const half = size / 2;
  if (role === "twin")
    return `M${half} ${-size * 0.06}L${size * 1.06} ${half}L${half} ${size * 1.06}L${-size * 0.06} ${half}Z`;
  // The ring of an offloaded pod has its line inside the same circle.
  const radius = role === "offloaded" ? half - 1 : half;
  const start = half - radius;
  return `M${start} ${half}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0`;
}

function signOf(health: Health, size: number): string {
  const at = (part: number): number => Math.round(part * size * 10) / 10;
  switch (health) {
    case "bad":
      return `M${at(0.5)} ${at(0.24)}V${at(0.54)}M${at(0.5)} ${at(0.72)}V${at(0.76)}`;
    case "waiting":
      return `M${at(0.5)} ${at(0.28)}V${at(0.52)}L${at(0.68)} ${at(0.62)}`;
    case "ending":
      return `M${at(0.34)} ${at(0.34)}L${at(0.66)} ${at(0.66)}M${at(0.66)} ${at(0.34)}L${at(0.34)} ${at(0.66)}`;
    case "done":
      return `M${at(0.32)} ${at(0.5)}H${at(0.68)}`;
    case "good":
      return "";
  }
}
