/**
 * Clusters that the suites of one process take one after the other: to make them, and to peer two, takes longer than many
 * a suite. The runner gives such suites one process (test/e2e/{one-cluster,peered}); alone each has its own.
 */
import { after } from "node:test";
import { type Clusters, startClusters, startPeered } from "./clusters.ts";
import { restore, snapshot } from "./restore.ts";

interface Made {
  readonly clusters: Clusters;
  /** What there was at first, by cluster. */
  readonly before: ReadonlyMap<string, ReadonlySet<string>>;
}

class Shared {
  readonly #make: () => Promise<Clusters>;
  #made: Made | undefined;

  constructor(make: () => Promise<Clusters>) {
    this.#make = make;
  }

  /** Disposing gives them back, as they were. */
  async take(): Promise<Clusters> {
    this.#made ??= await this.#begin();
    return { ...this.#made.clusters, [Symbol.asyncDispose]: () => this.#giveBack() };
  }

  async end(): Promise<void> {
    const ended = this.#made;
    this.#made = undefined;
    await ended?.clusters[Symbol.asyncDispose]();
  }

  async #begin(): Promise<Made> {
    const clusters = await this.#make();
    try {
      const before = clusters.clusters.map(async ({ name }) => [name, await snapshot(clusters, name)] as const);
      return { clusters, before: new Map(await Promise.all(before)) };
    } catch (error) {
      await clusters[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Clusters that cannot be put back are nobody's any more, and the suite that gave them back is told. */
  async #giveBack(): Promise<void> {
    if (this.#made === undefined) return;
    const { clusters, before } = this.#made;
    try {
      // In their order, the consumer first: what it asked for goes with it.
      for (const [name, objects] of before) await restore(clusters, name, objects);
    } catch (error) {
      await this.end();
      throw error;
    }
  }
}

const single = new Shared(() => startClusters({ name: "milan" }));
/** What the peered clusters are installed with. */
export const PEERED_FLAGS = ["--set", "metrics.enabled=true"];
const peered = new Shared(() => startPeered({}, ...PEERED_FLAGS));

after(async () => {
  await single.end();
  await peered.end();
});

/** Milan without Liqo, with two workers. */
export const takeSingle = (): Promise<Clusters> => single.take();

/** Milan and rome with Liqo on both, milan peered with rome, two workers each. */
export const takePeered = (): Promise<Clusters> => peered.take();
