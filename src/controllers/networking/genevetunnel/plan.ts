/** Which tunnels are to be there, and with which ids. Upstream: pkg/liqo-controller-manager/networking/internal-network/geneve-controller */
import type { GeneveTunnel, InternalFabric, InternalNode } from "#api/networking/internal.ts";
import { forgeGeneveTunnel, tunnelKey } from "#forge/networking/internal.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";

export interface Observed {
  readonly fabrics: readonly InternalFabric[];
  readonly nodes: readonly InternalNode[];
  readonly tunnels: readonly GeneveTunnel[];
  /** By tunnel: ids that were given out and that `tunnels` may not show yet. */
  readonly given: ReadonlyMap<string, number>;
}

export interface Plan {
  readonly create: readonly GeneveTunnel[];
  readonly remove: readonly GeneveTunnel[];
}

/** One tunnel per pair of gateway and node; each new one has the lowest id that is free. */
export function planTunnels({ fabrics, nodes, tunnels, given }: Observed): Plan {
  const present = new Set(tunnels.map((tunnel) => formatKey(keyOf(tunnel))));
  const used = new Set([...tunnels.flatMap(({ spec }) => spec?.id ?? []), ...given.values()]);
  const pairs = fabrics.flatMap((fabric) => nodes.map((node) => ({ fabric, node, name: nameOf(fabric, node) })));
  const names = new Set(pairs.map(({ name }) => name));
  const create = pairs
    .filter(({ name }) => !present.has(name))
    .map(({ fabric, node, name }) => {
      const id = given.get(name) ?? lowestFree(used);
      used.add(id);
      return forgeGeneveTunnel(fabric, node, id);
    });
  return { create, remove: tunnels.filter((tunnel) => !names.has(formatKey(keyOf(tunnel)))) };
}

function nameOf(fabric: InternalFabric, node: InternalNode): string {
  return formatKey(tunnelKey(fabric, node));
}

function lowestFree(used: ReadonlySet<number>): number {
  let id = 0;
  while (used.has(id)) id++;
  return id;
}
