/** What the kernels of the nodes hold, and whether a peering that has ended has left something there. */
import assert from "node:assert/strict";
import { machineOf } from "#engines/choose.ts";
import { kernelState } from "#engines/kernel-state.ts";
import type { Clusters } from "./clusters.ts";
import { eventually } from "./eventually.ts";
import { difference } from "./inventory.ts";

const GONE_MS = 30_000;

export class Kernels {
  readonly #clusters: Clusters;
  readonly #before: readonly string[];

  private constructor(clusters: Clusters, before: readonly string[]) {
    this.#clusters = clusters;
    this.#before = before;
  }

  /** As they are now, of all worker nodes. */
  static async look(clusters: Clusters): Promise<Kernels> {
    return new Kernels(clusters, await linesOf(clusters));
  }

  /** Links, rules, routes and tables that are there now and were not, or the reverse. */
  async changes(): Promise<string[]> {
    return difference(this.#before, await linesOf(this.#clusters));
  }

  /** Resolves when they are as they were. */
  async areAsBefore(): Promise<void> {
    await eventually(
      "links, rules, routes and tables are as they were",
      async () => assert.deepEqual(await this.changes(), []),
      GONE_MS,
    );
  }
}

async function linesOf({ engine, clusters }: Clusters): Promise<string[]> {
  const { nodeNamespace } = machineOf(engine);
  const nodes = clusters.flatMap(({ name, workers }) => workers.map((worker) => ({ name, worker })));
  const states = await Promise.all(nodes.map(({ name, worker }) => kernelState(nodeNamespace(name, worker))));
  return states.flatMap((lines, i) => lines.map((line) => `${nodes[i]?.name} ${nodes[i]?.worker}: ${line}`));
}
