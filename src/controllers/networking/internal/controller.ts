/**
 * The overlay between nodes and gateways: an InternalNode per physical node, an InternalFabric per gateway, a tunnel id
 * per pair. One worker each, so that names, addresses and ids never race.
 * Upstream: pkg/liqo-controller-manager/networking/internal-network
 */
import { randomBytes } from "node:crypto";
import type { Node } from "kubernetes-types/core/v1";
import { networks } from "#api/ipam/network.ts";
import * as labels from "#api/labels.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import {
  type GeneveTunnel,
  geneveTunnels,
  type InternalFabric,
  type InternalNode,
  internalFabrics,
  internalNodes,
} from "#api/networking/internal.ts";
import { mustParseCidr } from "#base/cidr.ts";
import type { Context } from "#base/context.ts";
import { GLOBAL_LABELS } from "#forge/names.ts";
import { allocateAddress } from "#ipam/allocator.ts";
import { type Controller, DONE, type Result, watchFor, watchMapped } from "#kube/controller/controller.ts";
import type { Informers } from "#kube/informer/informers.ts";
import { nodes } from "#machinery/builtin.ts";
import { controllerReference, keyOf } from "#machinery/meta.ts";
import { isAlreadyExists } from "#machinery/status-error.ts";
import type { Deps } from "../../deps.ts";
import { uninstallingProbe } from "../../uninstalling.ts";
import { isConfigured } from "../configuration/controller.ts";

const NAME_CHARACTERS = "bcdfghjklmnpqrstvwxz2456789";

export function internalNodeController(deps: Deps, addresses: OverlayAddresses): Controller {
  const nodeInformer = deps.informers.for(nodes);
  const informer = deps.informers.for(internalNodes);
  const networkInformer = deps.informers.for(networks);
  const isUninstalling = uninstallingProbe(deps);
  return {
    name: "internalnode",
    watches: [
      watchFor(nodeInformer),
      watchFor(informer),
      watchMapped(networkInformer, () => nodeInformer.store.list().map(keyOf)),
    ],
    reconcile: async (ctx, key): Promise<Result> => {
      const node = nodeInformer.store.get(key);
      const found = informer.store.get(key);
      if (node === undefined || isVirtual(node)) {
        if (found !== undefined) await deps.client.deleteIfPresent(ctx, internalNodes, key);
        return DONE;
      }
      if (found !== undefined || isUninstalling()) return DONE;
      const ip = addresses.next(key.name);
      if (ip === undefined) return DONE;
      const internal: InternalNode = {
        metadata: { name: key.name, labels: { ...GLOBAL_LABELS } },
        spec: { interface: { gateway: { name: interfaceName() }, node: { ip } } },
      };
      await deps.client.create(ctx, internalNodes, internal).catch(ignoreExisting);
      return DONE;
    },
  };
}

type Gateway = GatewayServer | GatewayClient;

export function internalFabricController(deps: Deps, addresses: OverlayAddresses): Controller {
  const servers = deps.informers.for(gatewayServers);
  const clients = deps.informers.for(gatewayClients);
  const configs = deps.informers.for(configurations);
  const informer = deps.informers.for(internalFabrics);
  const ofConfiguration = ({ metadata }: Configuration) =>
    [...servers.store.list(metadata?.namespace), ...clients.store.list(metadata?.namespace)].map(keyOf);
  return {
    name: "internalfabric",
    watches: [watchFor(servers), watchFor(clients), watchFor(informer), watchMapped(configs, ofConfiguration)],
    reconcile: async (ctx, key): Promise<Result> => {
      const gateway: Gateway | undefined = servers.store.get(key) ?? clients.store.get(key);
      if (gateway === undefined || gateway.metadata?.deletionTimestamp !== undefined) return DONE;
      const remoteId = gateway.metadata?.labels?.[labels.REMOTE_CLUSTER_ID];
      const configuration = configs.store
        .list(key.namespace)
        .find(({ metadata }) => metadata?.labels?.[labels.REMOTE_CLUSTER_ID] === remoteId);
      const gatewayIP = gateway.status?.internalEndpoint?.ip;
      if (configuration === undefined || !isConfigured(configuration) || gatewayIP === undefined || gatewayIP === "")
        return DONE;
      const before = informer.store.get(key);
      const own = before?.spec?.interface ?? newInterface(addresses.next(`${key.namespace}/${key.name}`));
      if (own === undefined) return DONE;
      const remote = configuration.status?.remote?.cidr;
      const fabric: InternalFabric = {
        metadata: {
          name: key.name,
          namespace: key.namespace ?? "",
          labels: { ...GLOBAL_LABELS, [labels.REMOTE_CLUSTER_ID]: remoteId ?? "" },
          ownerReferences: [controllerReference(gateway)],
        },
        spec: {
          gatewayIP,
          interface: own,
          ...(gateway.spec?.mtu !== undefined && { mtu: gateway.spec.mtu }),
          remoteCIDRs: [...(remote?.pod ?? []), ...(remote?.external ?? [])],
        },
      };
      if (!sameSpec(before?.spec, fabric.spec)) await deps.client.apply(ctx, internalFabrics, fabric);
      return DONE;
    },
  };
}

/** One key for all pairs: ids must be unique over all of them. */
export function geneveTunnelController(deps: Deps): Controller {
  const fabrics = deps.informers.for(internalFabrics);
  const nodeInformer = deps.informers.for(internalNodes);
  const informer = deps.informers.for(geneveTunnels);
  const given = new Map<string, number>();
  const all = () => [{ name: "all" }];
  return {
    name: "genevetunnel",
    watches: [watchMapped(fabrics, all), watchMapped(nodeInformer, all), watchMapped(informer, all)],
    reconcile: async (ctx): Promise<Result> => {
      const live = new Set<string>();
      for (const fabric of fabrics.store.list()) {
        for (const node of nodeInformer.store.list()) {
          const name = `${fabric.metadata?.name}-${node.metadata?.name}`;
          const key = { namespace: fabric.metadata?.namespace ?? "", name };
          live.add(`${key.namespace}/${name}`);
          if (informer.store.get(key) === undefined)
            await createTunnel(ctx, deps, fabric, node, key, nextId(informer.store.list(), given));
        }
      }
      for (const tunnel of informer.store.list()) {
        const name = `${tunnel.metadata?.namespace}/${tunnel.metadata?.name}`;
        if (!live.has(name)) {
          given.delete(name);
          await deps.client.deleteIfPresent(ctx, geneveTunnels, keyOf(tunnel));
        }
      }
      return DONE;
    },
  };

  function nextId(tunnels: readonly GeneveTunnel[], pending: ReadonlyMap<string, number>): number {
    const used = new Set([...tunnels.map(({ spec }) => spec?.id ?? -1), ...pending.values()]);
    let id = 0;
    while (used.has(id)) id++;
    return id;
  }

  async function createTunnel(
    ctx: Context,
    d: Deps,
    fabric: InternalFabric,
    node: InternalNode,
    key: { namespace: string; name: string },
    id: number,
  ): Promise<void> {
    given.set(`${key.namespace}/${key.name}`, id);
    const tunnel: GeneveTunnel = {
      metadata: {
        ...key,
        labels: {
          ...GLOBAL_LABELS,
          [labels.INTERNAL_FABRIC_NAME]: fabric.metadata?.name ?? "",
          [labels.INTERNAL_NODE_NAME]: node.metadata?.name ?? "",
        },
        ownerReferences: [controllerReference(fabric)],
      },
      spec: {
        id,
        internalFabricRef: { name: fabric.metadata?.name ?? "", namespace: key.namespace },
        internalNodeRef: { name: node.metadata?.name ?? "" },
      },
    };
    await d.client.create(ctx, geneveTunnels, tunnel).catch(ignoreExisting);
  }
}

/** Addresses of the internal CIDR, for nodes and gateways together; the first one is left out. */
export class OverlayAddresses {
  readonly #informers: Informers;
  readonly #given = new Map<string, string>();

  constructor(informers: Informers) {
    this.#informers = informers;
  }

  /** Undefined until the internal CIDR has been allocated. The same owner gets the same address again. */
  next(owner: string): string | undefined {
    const network = this.#informers
      .for(networks)
      .store.list()
      .find(({ metadata }) => metadata?.labels?.[labels.NETWORK_TYPE] === "internal-cidr");
    const cidr = network?.status?.cidr;
    if (cidr === undefined) return undefined;
    const known = this.#given.get(owner);
    if (known !== undefined) return known;
    const used = new Set([...present(this.#informers), ...this.#given.values()]);
    const address = allocateAddress(mustParseCidr(cidr), 1, used);
    if (address !== undefined) this.#given.set(owner, address);
    return address;
  }
}

function present(informers: Informers): string[] {
  return [
    ...informers
      .for(internalNodes)
      .store.list()
      .map(({ spec }) => spec?.interface.node.ip ?? ""),
    ...informers
      .for(internalFabrics)
      .store.list()
      .map(({ spec }) => spec?.interface.gateway.ip ?? ""),
  ];
}

function newInterface(ip: string | undefined): NonNullable<InternalFabric["spec"]>["interface"] | undefined {
  return ip === undefined ? undefined : { gateway: { ip }, node: { name: interfaceName() } };
}

/** `liqo.` and ten random characters: 15 in all, as many as the kernel allows. */
function interfaceName(): string {
  return `liqo.${[...randomBytes(10)].map((byte) => NAME_CHARACTERS[byte % NAME_CHARACTERS.length]).join("")}`;
}

function isVirtual({ metadata }: Node): boolean {
  return metadata?.labels?.[labels.TYPE] === labels.TYPE_VIRTUAL_NODE;
}

function sameSpec(a: InternalFabric["spec"], b: InternalFabric["spec"]): boolean {
  const essence = (spec: InternalFabric["spec"]): string =>
    JSON.stringify([
      spec?.gatewayIP,
      spec?.mtu,
      spec?.remoteCIDRs,
      spec?.interface.gateway.ip,
      spec?.interface.node.name,
    ]);
  return essence(a) === essence(b);
}

function ignoreExisting(error: unknown): void {
  if (!isAlreadyExists(error)) throw error;
}
