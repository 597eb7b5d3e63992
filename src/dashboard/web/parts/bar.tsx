/** How much of what was granted is used. */
import { percent } from "../state/words.ts";

export function Bar(props: {
  readonly label: string;
  readonly used: number;
  readonly of: number;
  readonly words: string;
}) {
  const { label, used, of, words } = props;
  const part = of === 0 ? 0 : used / of;
  return (
    <div class="bar">
      <span class="bar-label">{label}</span>
      <meter
        min={0}
        max={1}
        high={0.9}
        optimum={0}
        value={Math.min(1, part)}
        aria-label={`${label}: ${percent(part)} used`}
      />
      <span class="muted">{words}</span>
    </div>
  );
}
