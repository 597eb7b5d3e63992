/** A run as a person reads it: a line per step, and a figure per invariant. */
import { INVARIANTS, type Invariant, type Result, type StepResult } from "./run.ts";

const MEANING: Readonly<Record<Invariant, string>> = {
  told: "what was lost was told by Node, ForeignCluster and info within 15 s",
  healed: "everything was well again within 90 s",
  mirrored: "what rome has is what milan asks for, and nothing more",
  kept: "no Job pod was done twice or lost, no write that was taken is gone",
  bounded: "no program holds more than twice what it held at the beginning",
};

export function stepLines(
  number: number,
  { step, notBegun, toldMs, healedMs, visits, broken, logs }: StepResult,
): string[] {
  const told = toldMs === undefined ? "" : `told ${seconds(toldMs)}, `;
  const what = step.faults.join(" + ");
  const line = `${String(number).padStart(3)}  ${broken.length === 0 ? "ok" : "BROKEN"}  ${what}: ${told}well after ${seconds(healedMs)}, ${visits.failed} of ${visits.all} visits failed`;
  const missed = notBegun.map((what) => `       not begun: ${what}`);
  const kept = logs === undefined ? [] : [`       logs: ${logs}`];
  return [line, ...missed, ...kept, ...broken.map(({ invariant, what: fault }) => `       ${invariant}: ${fault}`)];
}

export function summaryLines({ steps, minutes, figures, missing, memory }: Result): string[] {
  const broken = steps.flatMap((step) => step.broken);
  const told = steps.flatMap(({ toldMs }) => toldMs ?? []);
  const healed = steps.map(({ healedMs }) => healedMs).sort((a, b) => a - b);
  return [
    `${steps.length} steps in ${minutes.toFixed(1)} minutes`,
    "",
    ...Object.entries(figures).map(([name, value]) => `${String(value).padStart(8)}  ${name}`),
    ...missing.map((text) => `too little load: ${text}`),
    "",
    ...INVARIANTS.map((invariant) => {
      const count = broken.filter((each) => each.invariant === invariant).length;
      return `${String(count).padStart(8)}  times not: ${MEANING[invariant]}`;
    }),
    "",
    `told after at most ${seconds(Math.max(0, ...told))} (${told.length} losses)`,
    `well after ${seconds(healed[Math.floor(healed.length / 2)] ?? 0)} in the middle, ${seconds(healed.at(-1) ?? 0)} at most`,
    "",
    ...[...memory.after]
      .sort(([a], [b]) => a.localeCompare(b))
      .filter(([name]) => memory.before.has(name))
      .map(([name, mib]) => `${Math.round(memory.before.get(name) ?? 0)} -> ${Math.round(mib)} MiB  ${name}`),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
