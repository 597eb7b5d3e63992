/** How much the programs of both clusters hold, and whether that is bounded. */
import { processesOf, residentMib } from "#kit/processes.ts";

/** By program and cluster, the largest process of each, in MiB. */
export type Memory = ReadonlyMap<string, number>;

// Twice what a program held after its first minutes is a leak; some slack for the small ones.
const MOST_GROWTH = 2;
const SLACK_MIB = 60;

export function memoryNow(folder: string): Memory {
  const largest = new Map<string, number>();
  for (const process of processesOf(folder)) {
    const name = `${process.component} of ${process.cluster ?? "both"}`;
    largest.set(name, Math.max(largest.get(name) ?? 0, residentMib(process)));
  }
  return largest;
}

/** The most of both, program by program. */
export function largest(one: Memory, other: Memory): Memory {
  return new Map([...one, ...other].map(([name, mib]) => [name, Math.max(mib, one.get(name) ?? 0)]));
}

export function memoryFaults(before: Memory, now: Memory): string[] {
  return [...now].flatMap(([name, mib]) => {
    const earlier = before.get(name);
    if (earlier === undefined || mib <= earlier * MOST_GROWTH + SLACK_MIB) return [];
    return [`${name}: ${Math.round(mib)} MiB, ${Math.round(earlier)} MiB at the beginning`];
  });
}
