/**
 * An InternalNode per physical node: its address in the overlay. Writes InternalNodes. One worker, so that addresses never
 * race. Upstream: pkg/liqo-controller-manager/networking/internal-network/node-controller
 */
import type { ClusterRoleBinding } from "kubernetes-types/rbac/v1";
import { networks } from "#api/ipam/network.ts";
import { internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { forgeInternalNode } from "#forge/networking/internal.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { nodes } from "#machinery/builtin.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import type { Deps } from "../../deps.ts";
import { ownedBy } from "../../ownership.ts";
import { ownBinding, uninstallingProbe } from "../../uninstalling.ts";
import { newInterfaceName } from "../interface-name.ts";
import type { OverlayAddresses } from "../overlay-addresses.ts";
import { type Observed, planInternalNode } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly addresses: OverlayAddresses;
  readonly bindings: Informer<ClusterRoleBinding>;
  readonly observe: (key: ObjectKey) => Observed;
}

export function internalNodeController(deps: Deps, addresses: OverlayAddresses): Controller {
  const nodeInformer = deps.informers.for(nodes);
  const informer = deps.informers.for(internalNodes);
  const networkInformer = deps.informers.for(networks);
  const bindings = ownBinding(deps);
  const isUninstalling = uninstallingProbe(deps);
  const observe = (key: ObjectKey): Observed => ({
    node: nodeInformer.store.get(key),
    internal: informer.store.get(key),
    isUninstalling: isUninstalling(),
  });
  return {
    name: "internalnode",
    watches: [
      watchFor(nodeInformer),
      watchFor(informer),
      // There are no addresses before the internal CIDR is allocated.
      watchMapped(networkInformer, () => nodeInformer.store.list().map(keyOf)),
      // Asked only; nothing follows from a change.
      watchMapped(bindings, () => []),
    ],
    reconcile: (ctx, key) => reconcile(ctx, { deps, addresses, bindings, observe }, key),
  };
}

async function reconcile(ctx: Context, { deps, addresses, bindings, observe }: Work, key: ObjectKey): Promise<Result> {
  const plan = planInternalNode(observe(key));
  switch (plan.do) {
    case "nothing":
      return DONE;
    case "delete":
      await deps.client.deleteObserved(ctx, internalNodes, plan.internal);
      return DONE;
    case "create": {
      const ip = addresses.next(key.name);
      if (ip === undefined) return DONE;
      const [owner] = bindings.store.list();
      const node = ownedBy(forgeInternalNode(key.name, ip, newInterfaceName()), owner);
      await deps.client.createIfAbsent(ctx, internalNodes, node);
      return DONE;
    }
  }
}
