import { shapeOf } from "./mark.tsx";

const SHAPES = [
  ["native", "at home"],
  ["offloaded", "runs in another cluster"],
  ["twin", "runs for another cluster"],
] as const;
const STATES = [
  ["good", "well"],
  ["waiting", "on its way"],
  ["bad", "needs attention"],
  ["done", "has ended"],
  ["ending", "is ending"],
] as const;

export function Legend() {
  return (
    <ul class="legend" aria-label="What the marks mean">
      {SHAPES.map(([role, words]) => (
        <li key={role}>
          <Example kind={`${role} plain`} shape={role} /> {words}
        </li>
      ))}
      {STATES.map(([health, words]) => (
        <li key={health}>
          <Example kind={`native ${health}`} shape="native" /> {words}
        </li>
      ))}
    </ul>
  );
}

function Example({ kind, shape }: { readonly kind: string; readonly shape: (typeof SHAPES)[number][0] }) {
  return (
    <svg viewBox="-1 -1 14 14" aria-hidden="true">
      <g class={`mark ${kind}`}>
        <path class="shape" d={shapeOf(shape, 12)} />
      </g>
    </svg>
  );
}
