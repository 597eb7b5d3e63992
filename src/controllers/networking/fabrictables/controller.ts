/**
 * Per gateway: routes of every node towards it. Writes RouteConfigurations.
 * Upstream: pkg/liqo-controller-manager/networking/internal-network/route
 */
import { type InternalFabric, internalFabrics } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { forgeNodeRoutes } from "#forge/networking/routes.ts";
import { type Controller, DONE, type Result, watchFor } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { TableWriter } from "../table-writer.ts";

interface Work {
  readonly fabrics: Informer<InternalFabric>;
  readonly writer: TableWriter;
}

export function fabricTablesController(deps: Deps): Controller {
  const work: Work = { fabrics: deps.informers.for(internalFabrics), writer: new TableWriter(deps) };
  return {
    name: "fabric-tables",
    watches: [watchFor(work.fabrics), ...work.writer.watches],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, { fabrics, writer }: Work, key: ObjectKey): Promise<Result> {
  const fabric = fabrics.store.get(key);
  if (fabric !== undefined && fabric.metadata?.deletionTimestamp === undefined)
    await writer.routes(ctx, key, forgeNodeRoutes(fabric));
  return DONE;
}
