/**
 * Writes the RouteConfigurations and FirewallConfigurations that gateways and nodes apply.
 * Upstream: pkg/liqo-controller-manager/networking/{external-network,internal-network}, pkg/liqo-controller-manager/ipmapping
 */
import type { Pod } from "kubernetes-types/core/v1";
import { IP_MAPPING as IP_MAPPING_FINALIZER } from "#api/finalizers.ts";
import { ips } from "#api/ipam/ip.ts";
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { type InternalNode, internalFabrics, internalNodes } from "#api/networking/internal.ts";
import type { Context } from "#base/context.ts";
import { unknownSourceOf } from "#forge/networking/configuration.ts";
import {
  forgeIpMapping,
  forgeMasqueradeBypass,
  forgeNodePortFirewall,
  forgeRemapFirewall,
} from "#forge/networking/firewall.ts";
import {
  forgeExternalRoutes,
  forgeGatewayRoutes,
  forgeNodePortRoutes,
  forgeNodeRoutes,
  forgePodRoutes,
} from "#forge/networking/routes.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import { ensureFinalizer, removeFinalizer } from "#kube/controller/finalizer.ts";
import { keyOf } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import type { Deps } from "../../deps.ts";
import { isOffloaded, podsInBrief } from "../../pods.ts";
import { isConfigured } from "../configuration/controller.ts";
import { TableWriter } from "./table-writer.ts";

/** Per Configuration: NAT at the gateway, masquerade bypass on nodes, routes into the tunnel. */
export function peerTablesController(deps: Deps): Controller {
  const informer = deps.informers.for(configurations);
  const nodes = deps.informers.for(internalNodes);
  const servers = deps.informers.for(gatewayServers);
  const clients = deps.informers.for(gatewayClients);
  const writer = new TableWriter(deps);
  const all = () => informer.store.list().map(keyOf);
  return {
    name: "peer-tables",
    watches: [
      watchFor(informer),
      watchMapped(nodes, all),
      watchMapped(servers, all),
      watchMapped(clients, all),
      ...writer.watches,
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const configuration = informer.store.get(key);
      if (
        configuration === undefined ||
        !isConfigured(configuration) ||
        configuration.metadata?.deletionTimestamp !== undefined
      )
        return DONE;
      for (const type of ["pod", "external"] as const)
        await writer.firewall(ctx, key, forgeRemapFirewall(configuration, type));
      await writer.firewall(ctx, key, forgeMasqueradeBypass(configuration));
      const mode =
        servers.store.list(key.namespace).length > 0
          ? "Server"
          : clients.store.list(key.namespace).length > 0
            ? "Client"
            : undefined;
      if (mode !== undefined && nodes.store.list().length > 0)
        await writer.routes(ctx, key, forgeGatewayRoutes(configuration, byName(nodes.store.list()), mode));
      return DONE;
    },
  };
}

/** Per gateway: routes of every node towards it. */
export function fabricTablesController(deps: Deps): Controller {
  const informer = deps.informers.for(internalFabrics);
  const writer = new TableWriter(deps);
  return {
    name: "fabric-tables",
    watches: [watchFor(informer), ...writer.watches],
    reconcile: async (ctx, key): Promise<Result> => {
      const fabric = informer.store.get(key);
      if (fabric !== undefined && fabric.metadata?.deletionTimestamp === undefined)
        await writer.routes(ctx, key, forgeNodeRoutes(fabric));
      return DONE;
    },
  };
}

/**
 * A node's pods are one table, written as a whole, which costs in proportion to its length: so does the pause after it.
 * Alone, a pod has its route at once; a burst is gathered. 110 pods: 1.1 s.
 */
const PAUSE_MS_PER_ROUTE = 10;

/** Per node: routes of every gateway towards its pods, mapped addresses and NodePort answers. */
export function nodeTablesController(deps: Deps): Controller {
  const nodes = deps.informers.for(internalNodes);
  const podInformer = podsInBrief(deps);
  const configs = deps.informers.for(configurations);
  const ipInformer = deps.informers.for(ips);
  const networkInformer = deps.informers.for(networks);
  const writer = new TableWriter(deps);
  const all = () => nodes.store.list().map(keyOf);
  const { liqoNamespace } = deps.settings;
  /** By node: when its table of pods may be written again. */
  const dueMs = new Map<string, number>();
  return {
    name: "node-tables",
    watches: [
      // The marks of the others depend on it, too.
      watchMapped(nodes, all),
      watchMapped(podInformer, ({ spec }) => (spec?.nodeName === undefined ? [] : [{ name: spec.nodeName }])),
      watchMapped(configs, all),
      watchMapped(ipInformer, all),
      watchMapped(networkInformer, all),
      ...writer.watches,
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const node = nodes.store.get(key);
      if (node === undefined) dueMs.delete(key.name);
      if (node === undefined || node.metadata?.deletionTimestamp !== undefined) return DONE;
      const waitMs = await podRoutes(ctx, node);
      const remotePods = configs.store
        .list()
        .filter(isConfigured)
        .flatMap(({ status }) => status?.remote?.cidr?.pod ?? []);
      const mapped = ipInformer.store.list().flatMap(({ spec }) => spec?.ip ?? []);
      const external = forgeExternalRoutes(
        node,
        liqoNamespace,
        [...new Set(remotePods)].sort(),
        [...new Set(mapped)].sort(),
      );
      if (external !== undefined) await writer.routes(ctx, key, external);
      await nodePorts(ctx, node);
      return waitMs > 0 ? { requeueAfterMs: waitMs } : DONE;
    },
  };

  /** Gives the time left when it is too soon to write. */
  async function podRoutes(ctx: Context, node: InternalNode): Promise<number> {
    const { name = "" } = node.metadata ?? {};
    const waitMs = (dueMs.get(name) ?? 0) - deps.nowMs();
    if (waitMs > 0) return waitMs;
    const addresses = podInformer.store
      .list()
      .filter((pod) => pod.spec?.nodeName === name && isRouted(pod))
      .map(({ status, metadata }) => ({
        ip: status?.podIP ?? "",
        name: metadata?.name ?? "",
        namespace: metadata?.namespace ?? "",
        uid: metadata?.uid ?? "",
      }))
      .sort((a, b) => (a.uid < b.uid ? -1 : 1));
    const isWritten = await writer.routes(ctx, keyOf(node), forgePodRoutes(node, liqoNamespace, addresses));
    if (isWritten) dueMs.set(name, deps.nowMs() + addresses.length * PAUSE_MS_PER_ROUTE);
    return 0;
  }

  async function nodePorts(ctx: Context, node: InternalNode): Promise<void> {
    const own = networkInformer.store
      .list()
      .find(({ metadata }) => metadata?.labels?.[labels.NETWORK_TYPE] === "external-cidr");
    if (own?.status?.cidr === undefined) return;
    const unknown = unknownSourceOf(own.status.cidr);
    const everyNode = byName(nodes.store.list());
    const index = everyNode.findIndex(({ metadata }) => metadata?.name === node.metadata?.name);
    await writer.firewall(ctx, keyOf(node), forgeNodePortFirewall(everyNode, liqoNamespace, unknown));
    await writer.routes(ctx, keyOf(node), forgeNodePortRoutes(node, index, liqoNamespace, unknown));
  }
}

/** Pods with an address of their own on that node; those of the host's network are reached as the node. */
function isRouted(pod: Pod): boolean {
  return !isOffloaded(pod) && pod.spec?.hostNetwork !== true && (pod.status?.podIP ?? "") !== "" && !isTerminal(pod);
}

/** Per IP: its NAT at every gateway. */
export function ipMappingController(deps: Deps): Controller {
  const informer = deps.informers.for(ips);
  const writer = new TableWriter(deps);
  return {
    name: "ip-mapping",
    watches: [watchFor(informer), ...writer.watches],
    reconcile: async (ctx, key): Promise<Result> => {
      const ip = informer.store.get(key);
      if (ip === undefined) return DONE;
      if (ip.metadata?.deletionTimestamp !== undefined) {
        await writer.deleteFirewall(ctx, forgeIpMapping(ip));
        await removeFinalizer(ctx, deps.client, ips, ip, IP_MAPPING_FINALIZER);
        return DONE;
      }
      if (ip.status?.ip === undefined) return DONE;
      await ensureFinalizer(ctx, deps.client, ips, ip, IP_MAPPING_FINALIZER);
      await writer.firewall(ctx, key, forgeIpMapping(ip));
      return DONE;
    },
  };
}

function byName(nodes: readonly InternalNode[]): InternalNode[] {
  return [...nodes].sort((a, b) => ((a.metadata?.name ?? "") < (b.metadata?.name ?? "") ? -1 : 1));
}
