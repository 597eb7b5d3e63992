/** How much of what was granted is used. */
import { percent } from "../state/words.ts";

export function Bar(props: {
  readonly label: string;
  readonly used: number;
  readonly of: number;
  readonly words: string;
}) {
  const { label, used, of, words } = props;
  const part = of === 0 ? 0 : Math.min(1, used / of);
  return (
    <div class="bar">
      <span class="bar-label">{label}</span>
      <meter class="hidden" min={0} max={1} value={part} aria-label={`${label}: ${percent(part)} used`} />
      <svg class={part > 0.9 ? "full" : ""} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect width={100} height={1} />
        <rect class="used" width={100 * part} height={1} />
      </svg>
      <span class="muted">{words}</span>
    </div>
  );
}
