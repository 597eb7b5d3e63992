/**
 * Per node: routes of every gateway towards its pods, mapped addresses and NodePort answers. Writes RouteConfigurations and
 * FirewallConfigurations. Upstream: pkg/liqo-controller-manager/networking/internal-network/{route,node-controller}
 */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { type InternalNode, internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { forgePodRoutes } from "#forge/networking/routes.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { nodeNameOf } from "#machinery/pod.ts";
import type { Deps } from "../../deps.ts";
import { ownedBy } from "../../ownership.ts";
import { podsInBrief } from "../../pods.ts";
import { ownDeployment, uninstallingProbe } from "../../uninstalling.ts";
import { TableWriter } from "../table-writer.ts";
import { type Observed, planNodeTables, routedPods } from "./plan.ts";

/**
 * A node's pods are one table, written as a whole, which costs in proportion to its length: so does the pause after it.
 * Alone, a pod has its route at once; a burst is gathered. 110 pods: 1.1 s.
 */
const PAUSE_MS_PER_ROUTE = 10;

interface Work {
  readonly deps: Deps;
  readonly writer: TableWriter;
  readonly nodes: Informer<InternalNode>;
  readonly pods: Informer<Pod>;
  readonly observe: (node: InternalNode) => Observed;
  readonly deployments: Informer<Deployment>;
  readonly isUninstalling: () => boolean;
  /** By node: when its table of pods may be written again. */
  readonly dueMs: Map<string, number>;
}

export function nodeTablesController(deps: Deps): Controller {
  const nodes = deps.informers.for(internalNodes);
  const pods = podsInBrief(deps);
  const configs = deps.informers.for(configurations);
  const ipInformer = deps.informers.for(ips);
  const networkInformer = deps.informers.for(networks);
  const writer = new TableWriter(deps);
  const all = () => nodes.store.list().map(keyOf);
  const observe = (node: InternalNode): Observed => ({
    node,
    nodes: nodes.store.list(),
    configurations: configs.store.list(),
    ips: ipInformer.store.list(),
    networks: networkInformer.store.list(),
    liqoNamespace: deps.settings.liqoNamespace,
  });
  const work: Work = {
    deps,
    writer,
    nodes,
    pods,
    observe,
    deployments: ownDeployment(deps),
    isUninstalling: uninstallingProbe(deps),
    dueMs: new Map(),
  };
  return {
    name: "node-tables",
    watches: [
      // The marks of the others depend on it, too.
      watchMapped(nodes, all),
      watchMapped(pods, ({ spec }) => (spec?.nodeName === undefined ? [] : [{ name: spec.nodeName }])),
      watchMapped(configs, all),
      watchMapped(ipInformer, all),
      watchMapped(networkInformer, all),
      // Asked only; nothing follows from a change.
      watchMapped(work.deployments, () => []),
      ...writer.watches,
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, work: Work, key: ObjectKey): Promise<Result> {
  const node = work.nodes.store.get(key);
  if (work.isUninstalling()) return DONE;
  if (node === undefined) work.dueMs.delete(key.name);
  if (node === undefined || node.metadata?.deletionTimestamp !== undefined) return DONE;
  const waitMs = await writePodRoutes(ctx, work, node);
  const plan = planNodeTables(work.observe(node));
  const [owner] = work.deployments.store.list();
  for (const table of plan.firewalls) await work.writer.firewall(ctx, key, ownedBy(table, owner));
  for (const table of plan.routes) await work.writer.routes(ctx, key, table);
  return waitMs > 0 ? { requeueAfterMs: waitMs } : DONE;
}

/** Gives the time left when it is too soon to write. */
async function writePodRoutes(ctx: Context, work: Work, node: InternalNode): Promise<number> {
  const { deps, dueMs } = work;
  const { name = "" } = node.metadata ?? {};
  const waitMs = (dueMs.get(name) ?? 0) - deps.clock.nowMs();
  if (waitMs > 0) return waitMs;
  const addresses = routedPods(name, work.pods.store.indexBy(nodeNameOf).get(name));
  const table = forgePodRoutes(node, deps.settings.liqoNamespace, addresses);
  const isWritten = await work.writer.routes(ctx, keyOf(node), table);
  if (isWritten) dueMs.set(name, deps.clock.nowMs() + addresses.length * PAUSE_MS_PER_ROUTE);
  return 0;
}
