/** A state by colour, shape and word. */
import type { Health } from "../../model/items.ts";
import { HEALTH_WORDS } from "../state/words.ts";

const SIGNS: { readonly [H in Health]: string } = {
  good: "M3.5 8.5l3 3 6-7",
  waiting: "M8 4v4.5l3 2",
  bad: "M8 3.5v5.5M8 12v.5",
  done: "M4 8h8",
  ending: "M5 5l6 6M11 5l-6 6",
};

export function HealthSign({ health }: { readonly health: Health }) {
  return (
    <svg class={`sign ${health}`} viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="7.5" />
      <path d={SIGNS[health]} />
    </svg>
  );
}

export function HealthWord({ health, word }: { readonly health: Health; readonly word?: string | undefined }) {
  return (
    <span class={`health ${health}`}>
      <HealthSign health={health} />
      {word ?? HEALTH_WORDS[health]}
    </span>
  );
}
