/**
 * Clusters with peerings between them as the controllers' plans describe them, and a packet's way from a node to where it
 * arrives. Everything on the way is a `Machine`: nodes, and a gateway per peer and cluster.
 */
import type { Pod } from "kubernetes-types/core/v1";
import type { IP } from "#api/ipam/ip.ts";
import type { Network } from "#api/ipam/network.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import type { InternalFabric, InternalNode } from "#api/networking/internal.ts";
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import { planNodeTables, routedPods } from "#controllers/networking/nodetables/plan.ts";
import { planPeerTables } from "#controllers/networking/peertables/plan.ts";
import { forgeIpMapping } from "#forge/networking/firewall.ts";
import { DEFAULT_INTERFACE, TUNNEL_INTERFACE } from "#forge/networking/names.ts";
import { type Hop, Machine, type Packet } from "#forge/networking/packet-walk.ts";
import { forgeNodeRoutes, forgePodRoutes } from "#forge/networking/routes.ts";

export interface ClusterPlan {
  readonly id: string;
  readonly podCidr: string;
  readonly externalCidr: string;
  /** By node: addresses of its pods. */
  readonly nodes: Readonly<Record<string, readonly string[]>>;
  /** By peer: where its CIDRs are seen here. */
  readonly seen: Readonly<Record<string, { readonly pod: string; readonly external: string }>>;
  /** Addresses of the external CIDR, and what each stands for. */
  readonly mapped: Readonly<Record<string, string>>;
}

export interface Arrival {
  readonly cluster: string;
  readonly node: string;
  readonly packet: Packet;
  /** Names of the machines on the way. */
  readonly hops: readonly string[];
}

const MOST_HOPS = 20;

export class World {
  readonly #clusters: ReadonlyMap<string, ClusterPlan>;
  readonly #machines = new Map<string, Machine>();

  constructor(clusters: readonly ClusterPlan[]) {
    this.#clusters = new Map(clusters.map((cluster) => [cluster.id, cluster]));
    for (const cluster of clusters) {
      const peers = Object.keys(cluster.seen).map((peer) => this.#cluster(peer));
      for (const node of Object.keys(cluster.nodes)) this.#add(nodeMachine(cluster, node, peers));
      for (const peer of peers) this.#add(gatewayMachine(cluster, peer, peers));
    }
  }

  #add(machine: Machine): void {
    this.#machines.set(machine.name, machine);
  }

  #cluster(id: string): ClusterPlan {
    const found = this.#clusters.get(id);
    if (found === undefined) throw new Error(`there is no cluster ${id}`);
    return found;
  }

  /** From a node, or from a pod of it. Throws where the packet is lost or goes in circles. */
  send(cluster: string, node: string, packet: Packet): Arrival {
    let at = { machine: `${cluster}/${node}`, iif: "pod" };
    let now = packet;
    const hops: string[] = [];
    while (hops.length < MOST_HOPS) {
      const machine = this.#machines.get(at.machine);
      if (machine === undefined) throw new Error(`no machine ${at.machine}`);
      hops.push(at.machine);
      const { packet: out, to } = machine.pass(now, at.iif);
      now = out;
      const [owner = "", name = ""] = at.machine.split("/");
      if (to === "local") return { cluster: owner, node: name, packet: now, hops };
      at = neighbour(owner, name, to);
    }
    throw new Error(`in circles: ${hops.join(" > ")}`);
  }
}

/** Interfaces are called `liqo.peer.<id>` on nodes and `liqo.node.<name>` at gateways. */
function neighbour(owner: string, name: string, to: Hop): { readonly machine: string; readonly iif: string } {
  const peer = name.replace("gw-", "");
  if (to.dev === TUNNEL_INTERFACE) return { machine: `${peer}/gw-${owner}`, iif: TUNNEL_INTERFACE };
  const [, kind, of = ""] = to.dev.split(".");
  if (kind === "peer") return { machine: `${owner}/gw-${of}`, iif: `liqo.node.${name}` };
  if (kind === "node") return { machine: `${owner}/${of}`, iif: `liqo.peer.${peer}` };
  return { machine: `${owner}/${to.via}`, iif: DEFAULT_INTERFACE };
}

/** A node's own, which no cluster's pods have. */
export function nodeAddress({ nodes }: ClusterPlan, node: string): string {
  return `198.18.0.${Object.keys(nodes).indexOf(node) + 1}`;
}

function podOf(address: string, node: string): Pod {
  const name = `pod-${address}`;
  return {
    metadata: { namespace: "shop", name, uid: name },
    spec: { nodeName: node, containers: [] },
    status: { podIP: address },
  };
}

function internalNodes(cluster: ClusterPlan): InternalNode[] {
  return Object.keys(cluster.nodes).map((name, i) => ({
    metadata: { name, uid: name },
    spec: { interface: { gateway: { name: `liqo.node.${name}` }, node: { ip: `10.80.0.${i + 1}` } } },
  }));
}

function configuration(cluster: ClusterPlan, peer: ClusterPlan): Configuration {
  const { pod, external } = cluster.seen[peer.id] ?? { pod: "", external: "" };
  return {
    metadata: { namespace: `liqo-tenant-${peer.id}`, name: peer.id, uid: peer.id },
    spec: {
      local: { cidr: { pod: [cluster.podCidr], external: [cluster.externalCidr] } },
      remote: { cidr: { pod: [peer.podCidr], external: [peer.externalCidr] } },
    },
    status: {
      conditions: [{ type: "NetworkCIDRsConfigured", status: "True" }],
      remote: { cidr: { pod: [pod], external: [external] } },
    },
  } as unknown as Configuration;
}

function fabric(cluster: ClusterPlan, peer: string): InternalFabric {
  const { pod = "", external = "" } = cluster.seen[peer] ?? {};
  const place = Object.keys(cluster.seen).indexOf(peer);
  return {
    metadata: { namespace: `liqo-tenant-${peer}`, name: peer, uid: peer },
    spec: {
      gatewayIP: "",
      interface: { gateway: { ip: `10.80.1.${place + 1}` }, node: { name: `liqo.peer.${peer}` } },
      remoteCIDRs: [pod, external],
    },
  };
}

function nodeMachine(cluster: ClusterPlan, node: string, peers: readonly ClusterPlan[]): Machine {
  const tables = peers.flatMap(
    (peer) => planPeerTables({ ...NO_GATEWAY, configuration: configuration(cluster, peer) }).firewalls,
  );
  const routes = peers.map(({ id }) => forgeNodeRoutes(fabric(cluster, id)));
  return machine(`${cluster.id}/${node}`, ofCategory(tables, "fabric"), routes, (dst) => {
    if (dst === nodeAddress(cluster, node) || cluster.nodes[node]?.includes(dst)) return "local";
    const [other] = Object.entries(cluster.nodes).find(([, pods]) => pods.includes(dst)) ?? [];
    return other === undefined ? undefined : { dev: DEFAULT_INTERFACE, via: other };
  });
}

const NO_GATEWAY = { nodes: [], servers: [], clients: [], masqueradesPods: false };

function gatewayMachine(cluster: ClusterPlan, peer: ClusterPlan, peers: readonly ClusterPlan[]): Machine {
  const nodes = internalNodes(cluster);
  const configurations = peers.map((each) => configuration(cluster, each));
  const own = planPeerTables({
    ...NO_GATEWAY,
    configuration: configuration(cluster, peer),
    nodes,
    servers: [{ metadata: { name: peer.id } }],
  });
  const ips = Object.entries(cluster.mapped).map(
    ([outside, inside]): IP => ({
      metadata: { namespace: "shop", name: outside, uid: outside },
      spec: { ip: inside },
      status: { ip: outside, cidr: cluster.externalCidr },
    }),
  );
  const networks: Network[] = [
    {
      metadata: { name: "external", labels: { "ipam.liqo.io/network-type": "external-cidr" } },
      status: { cidr: cluster.externalCidr },
    },
  ];
  const plans = nodes.map((node) =>
    planNodeTables({ node, nodes, configurations, ips, networks, liqoNamespace: "liqo" }),
  );
  const pods = nodes.map((node) => {
    const name = node.metadata?.name ?? "";
    return forgePodRoutes(
      node,
      "liqo",
      routedPods(
        name,
        (cluster.nodes[name] ?? []).map((ip) => podOf(ip, name)),
      ),
    );
  });
  // The gateway runs on the first node: what passes through the cluster does so there.
  const passing = (plans[0]?.routes ?? []).filter(({ metadata }) => metadata?.name?.endsWith("-extcidr") === true);
  const marked = plans
    .flatMap(({ routes }) => routes)
    .filter((table) => table.metadata?.name?.endsWith("-nodeport-routing"));
  const tables = [...own.firewalls, ...(plans[0]?.firewalls ?? []), ...ips.map(forgeIpMapping)];
  const routes = [...own.routes, ...pods, ...passing, ...marked];
  return machine(`${cluster.id}/gw-${peer.id}`, ofCategory(tables, "gateway"), routes, (dst) =>
    dst.startsWith("169.254.18.") ? { dev: TUNNEL_INTERFACE, via: dst } : undefined,
  );
}

function ofCategory(tables: readonly FirewallConfiguration[], category: string): FirewallConfiguration[] {
  return tables.filter(({ metadata }) => metadata?.labels?.["networking.liqo.io/firewall-category"] === category);
}

function machine(
  name: string,
  firewalls: readonly FirewallConfiguration[],
  routes: readonly RouteConfiguration[],
  main: (dst: string) => Hop | "local" | undefined,
): Machine {
  return new Machine(
    name,
    firewalls.flatMap(({ spec }) => spec?.table ?? []),
    routes.flatMap(({ spec }) => spec?.table?.rules ?? []),
    main,
  );
}
