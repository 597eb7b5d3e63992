/**
 * Per node: where the cluster's network masquerades what pods send to nodes, as kindnet and Azure's do, overlay packets of
 * gateways keep their address. Writes FirewallConfigurations.
 * Upstream: pkg/liqo-controller-manager/networking/internal-network/gw-masq-bypass
 */
import type { Pod } from "kubernetes-types/core/v1";
import * as labels from "#api/labels.ts";
import { type FirewallConfiguration, firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { type InternalNode, internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informer } from "#kube/informer/informer.ts";
import { keyOf, type ObjectKey } from "#machinery/meta.ts";
import { nodeNameOf } from "#machinery/pod.ts";
import type { Deps } from "../../deps.ts";
import { podsInBrief } from "../../pods.ts";
import { TableWriter } from "../table-writer.ts";
import { planGatewayBypass } from "./plan.ts";

interface Work {
  readonly deps: Deps;
  readonly nodes: Informer<InternalNode>;
  readonly pods: Informer<Pod>;
  readonly tables: Informer<FirewallConfiguration>;
  readonly writer: TableWriter;
}

export function gatewayBypassController(deps: Deps): Controller {
  const work: Work = {
    deps,
    nodes: deps.informers.for(internalNodes),
    pods: podsInBrief(deps),
    tables: deps.informers.for(firewallConfigurations),
    writer: new TableWriter(deps),
  };
  return {
    name: "gateway-bypass",
    watches: [
      watchFor(work.nodes),
      watchMapped(work.pods, ({ metadata, spec }) =>
        metadata?.labels?.[labels.GATEWAY_NAME] === undefined || spec?.nodeName === undefined
          ? []
          : [{ name: spec.nodeName }],
      ),
      // Also one that is there when it should not be: of a controller manager that ends while this one begins.
      watchMapped(work.tables, ({ metadata }) => {
        const own = metadata?.labels ?? {};
        return own[labels.GATEWAY_MASQUERADE_BYPASS] === "true" ? [{ name: own[labels.FIREWALL_UNIQUE] ?? "" }] : [];
      }),
      ...work.writer.watches,
    ],
    reconcile: (ctx, key) => reconcile(ctx, work, key),
  };
}

async function reconcile(ctx: Context, { deps, nodes, pods, tables, writer }: Work, key: ObjectKey): Promise<Result> {
  const node = nodes.store.get(key);
  if (node === undefined) return DONE;
  const { liqoNamespace, bypassesGatewayMasquerade: isEnabled, overlayPort } = deps.settings;
  const own = pods.store.indexBy(nodeNameOf).get(key.name);
  const plan = planGatewayBypass({ node, pods: own, isEnabled, liqoNamespace, overlayPort });
  if (plan.do === "write") await writer.firewall(ctx, key, plan.table);
  if (plan.do === "delete" && tables.store.get(keyOf(plan.table)) !== undefined)
    await writer.deleteFirewall(ctx, plan.table);
  return DONE;
}
