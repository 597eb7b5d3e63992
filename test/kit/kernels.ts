/** What the kernels of the nodes hold, and whether a peering that has ended has left something there. */
import assert from "node:assert/strict";
import { contains, mustParseCidr, parseIpv4 } from "#base/cidr.ts";
import { machineOf } from "#engines/choose.ts";
import { establishedConnections, kernelState } from "#engines/kernel-state.ts";
import { DEFAULT_POOLS } from "#ipam/allocator.ts";
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

  /**
   * Resolves when they are as they were, and remember no connection under an address that only the peering gave a meaning.
   * One whose end nobody told may stay, as anywhere: none of the tests' ends so.
   */
  async areAsBefore(): Promise<void> {
    await eventually(
      "links, rules, routes, tables and connections are as they were",
      async () => {
        assert.deepEqual(await this.changes(), []);
        assert.deepEqual(await strangeConnections(this.#clusters), []);
      },
      GONE_MS,
    );
  }
}

/** Of addresses that IPAM may have given to a peer, and that are none of the cluster's own. */
async function strangeConnections({ engine, clusters }: Clusters): Promise<string[]> {
  const { nodeNamespace } = machineOf(engine);
  const pools = DEFAULT_POOLS.map(mustParseCidr);
  const ofNodes = clusters.map(async ({ name, workers, podCidr, serviceCidr }) => {
    const own = [podCidr, serviceCidr].map(mustParseCidr);
    const isStrange = (address: string): boolean => {
      const ip = parseIpv4(address);
      return ip !== undefined && pools.some((pool) => contains(pool, ip)) && !own.some((cidr) => contains(cidr, ip));
    };
    const found = await Promise.all(workers.map((worker) => establishedConnections(nodeNamespace(name, worker))));
    return found
      .flat()
      .filter((addresses) => addresses.some(isStrange))
      .map((addresses) => `${name}: ${addresses.join(" ")}`);
  });
  return (await Promise.all(ofNodes)).flat();
}

async function linesOf({ engine, clusters }: Clusters): Promise<string[]> {
  const { nodeNamespace } = machineOf(engine);
  const nodes = clusters.flatMap(({ name, workers }) => workers.map((worker) => ({ name, worker })));
  const states = await Promise.all(nodes.map(({ name, worker }) => kernelState(nodeNamespace(name, worker))));
  return states.flatMap((lines, i) => lines.map((line) => `${nodes[i]?.name} ${nodes[i]?.worker}: ${line}`));
}
