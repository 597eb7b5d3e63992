/**
 * Clusters that the suites of one process take one after the other: to make and to peer two takes longer than many a
 * suite. The runner gives such suites (test/e2e/peered) one process; alone each has its own.
 */
import { after } from "node:test";
import { type Clusters, startPeered } from "./clusters.ts";
import { restore, snapshot } from "./restore.ts";

const NAMES = ["milan", "rome"] as const;

interface Shared {
  readonly clusters: Clusters;
  readonly before: ReadonlyMap<string, ReadonlySet<string>>;
}

let shared: Shared | undefined;

after(end);

/** Milan and rome with Liqo on both, milan peered with rome, two workers each. Disposing gives them back, as they were. */
export async function takePeered(): Promise<Clusters> {
  shared ??= await begin();
  const { clusters } = shared;
  return { ...clusters, [Symbol.asyncDispose]: giveBack };
}

async function begin(): Promise<Shared> {
  const clusters = await startPeered();
  try {
    const before = await Promise.all(NAMES.map(async (name) => [name, await snapshot(clusters, name)] as const));
    return { clusters, before: new Map(before) };
  } catch (error) {
    await clusters[Symbol.asyncDispose]();
    throw error;
  }
}

/** Clusters that cannot be put back are nobody's any more, and the suite that gave them back is told. */
async function giveBack(): Promise<void> {
  if (shared === undefined) return;
  const { clusters, before } = shared;
  try {
    // The consumer first: what it asked for goes with it.
    for (const name of NAMES) await restore(clusters, name, before.get(name) ?? new Set());
  } catch (error) {
    await end();
    throw error;
  }
}

async function end(): Promise<void> {
  const ended = shared;
  shared = undefined;
  await ended?.clusters[Symbol.asyncDispose]();
}
