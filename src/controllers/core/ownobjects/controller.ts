/**
 * What Liqo makes for a cluster without any peer belongs to what the chart installed: the garbage collector takes it along,
 * whoever removes the chart, and with whatever tool. Writes owner references.
 */
import type { Deployment } from "kubernetes-types/apps/v1";
import type { ClusterRoleBinding } from "kubernetes-types/rbac/v1";
import { ips } from "#api/ipam/ip.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { isWellKnownIp } from "#forge/ip.ts";
import { CONTROLLER_MANAGER } from "#forge/names.ts";
import { NODE_PORT_TABLE } from "#forge/networking/firewall.ts";
import { type Controller, DONE, type Result, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { withOwner } from "../../ownership.ts";
import { ownBinding, ownDeployment } from "../../uninstalling.ts";

interface Kind {
  readonly resource: Resource<KubeObject>;
  readonly list: () => readonly KubeObject[];
}

interface Work {
  readonly deps: Deps;
  readonly kinds: readonly Kind[];
  readonly deployments: Informer<Deployment>;
  /** An object without namespace can only have an owner without. */
  readonly bindings: Informer<ClusterRoleBinding>;
}

/** All there is to do is one piece of work. */
export function ownObjectsController(deps: Deps): Controller {
  const { informers, settings } = deps;
  const nodes = informers.for(internalNodes);
  const addresses = informers.for(ips);
  const tables = informers.for(firewallConfigurations);
  const deployments = ownDeployment(deps);
  const bindings = ownBinding(deps);
  const work: Work = {
    deps,
    kinds: [
      { resource: internalNodes, list: () => nodes.store.list() },
      { resource: ips, list: () => addresses.store.list(settings.liqoNamespace).filter(isWellKnownIp) },
      {
        resource: firewallConfigurations,
        list: () => tables.store.list(settings.liqoNamespace).filter(isNodePortTable),
      },
    ],
    deployments,
    bindings,
  };
  const all = () => [{ namespace: settings.liqoNamespace, name: CONTROLLER_MANAGER }];
  return {
    name: "own-objects",
    watches: [
      watchMapped(nodes, all),
      watchMapped(addresses, (ip) => (isWellKnownIp(ip) ? all() : [])),
      watchMapped(tables, (table) => (isNodePortTable(table) ? all() : [])),
      watchMapped(deployments, all),
      watchMapped(bindings, all),
    ],
    reconcile: (ctx) => reconcile(ctx, work),
  };
}

async function reconcile(ctx: Context, { deps, kinds, deployments, bindings }: Work): Promise<Result> {
  const [deployment] = deployments.store.list();
  const [binding] = bindings.store.list();
  for (const { resource, list } of kinds) {
    for (const object of list()) {
      const owner = object.metadata?.namespace === undefined ? binding : deployment;
      const ownerReferences = withOwner(object, owner);
      if (ownerReferences === undefined) continue;
      const { uid, resourceVersion } = object.metadata ?? {};
      const body = { metadata: { uid, resourceVersion, ownerReferences } };
      await deps.client.patch(ctx, resource, keyOf(object), "merge", body);
    }
  }
  return DONE;
}

function isNodePortTable({ metadata }: KubeObject): boolean {
  return metadata?.name === NODE_PORT_TABLE;
}
