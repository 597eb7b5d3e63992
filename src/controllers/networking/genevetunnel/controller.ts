/**
 * A GeneveTunnel per pair of gateway and node. Writes GeneveTunnels. All pairs are one key: ids must be unique over all of
 * them. Upstream: pkg/liqo-controller-manager/networking/internal-network/geneve-controller
 */
import { geneveTunnels, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { type Observed, planTunnels } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  /** By tunnel. */
  readonly given: Map<string, number>;
  readonly observe: () => Observed;
}

export function geneveTunnelController(deps: Deps): Controller {
  const fabrics = deps.informers.for(internalFabrics);
  const nodes = deps.informers.for(internalNodes);
  const tunnels = deps.informers.for(geneveTunnels);
  const given = new Map<string, number>();
  const all = () => [{ name: "all" }];
  const observe = (): Observed => ({
    fabrics: fabrics.store.list(),
    nodes: nodes.store.list(),
    tunnels: tunnels.store.list(),
    given,
  });
  return {
    name: "genevetunnel",
    watches: [watchMapped(fabrics, all), watchMapped(nodes, all), watchMapped(tunnels, all)],
    reconcile: (ctx) => reconcile(ctx, { deps, given, observe }),
  };
}

async function reconcile(ctx: Context, { deps, given, observe }: Work): Promise<Result> {
  const plan = planTunnels(observe());
  for (const tunnel of plan.create) {
    given.set(formatKey(keyOf(tunnel)), tunnel.spec?.id ?? 0);
    await deps.client.createIfAbsent(ctx, geneveTunnels, tunnel);
  }
  for (const tunnel of plan.remove) {
    given.delete(formatKey(keyOf(tunnel)));
    await deps.client.deleteObserved(ctx, geneveTunnels, tunnel);
  }
  return DONE;
}
