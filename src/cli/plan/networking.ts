/** What one side of a network comes to have: as the verbs and the controllers of networking make it. Pure. */
import type { Node } from "kubernetes-types/core/v1";
import type { EndpointSlice } from "kubernetes-types/discovery/v1";
import { type IP, ips } from "#api/ipam/ip.ts";
import { type Network, networks } from "#api/ipam/network.ts";
import { type Configuration, configurations } from "#api/networking/configuration.ts";
import { connections } from "#api/networking/connection.ts";
import { firewallConfigurations } from "#api/networking/firewallconfiguration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { geneveTunnels, type InternalNode, internalFabrics } from "#api/networking/internal.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { routeConfigurations } from "#api/networking/routeconfiguration.ts";
import { wgGatewayClients, wgGatewayServers } from "#api/networking/wggateway.ts";
import {
  type Cidrs,
  forgeConfiguration,
  forgeRemoteNetwork,
  forgeUnknownSourceIp,
} from "#forge/networking/configuration.ts";
import { forgeIpMapping, forgeMasqueradeBypass, forgeRemapFirewall } from "#forge/networking/firewall.ts";
import { forgePublicKey } from "#forge/networking/gateway.ts";
import { forgeGeneveTunnel, forgeInternalFabric } from "#forge/networking/internal.ts";
import { gatewayObjectName } from "#forge/networking/names.ts";
import { forgeGatewayRoutes, forgeNodeRoutes } from "#forge/networking/routes.ts";
import {
  forgeGatewayAccount,
  forgeGatewayBinding,
  forgeGatewayClusterBinding,
  forgeGatewayKeys,
} from "#forge/networking/wggateway.ts";
import { planNetwork } from "#ipam/network-plan.ts";
import { ownAddresses } from "#ipam/own-addresses.ts";
import {
  clusterRoleBindings,
  deployments,
  roleBindings,
  secrets,
  serviceAccounts,
  services,
} from "#machinery/builtin.ts";
import { type Address, type Part, type Step, step } from "./model.ts";

export interface NetworkSide {
  /** Of this cluster. */
  readonly id: string;
  readonly peerId: string;
  readonly namespace: string;
  readonly isServer: boolean;
  /** Of the gateway and the Configuration, which may have names of their own already. */
  readonly gatewayName: string;
  readonly configurationName: string;
  /** Kinds of these two that are there, and otherwise than asked for. */
  readonly differing: readonly string[];
  /** Each gateway is given the key of the other. */
  readonly sharesKeys: boolean;
  /** The peer's own. */
  readonly remote: Cidrs;
  /** All Networks of this cluster, and what else no peer's CIDR may cover. */
  readonly networks: readonly Network[];
  readonly nodes: readonly Node[];
  readonly apiServers: readonly EndpointSlice[];
  readonly internalNodes: readonly InternalNode[];
}

/** All that there will be, whatever of it is there already, and what of it changes. */
export function planNetworkSide(side: NetworkSide): Part {
  const configuration = configurationOf(side);
  const wanted = networksOf(configuration, side.remote);
  const places = wanted.map(({ network }) => network);
  const created = [...configurationSteps(side, configuration, places), ...gatewaySteps(side, configuration)];
  return { steps: [...created, ...changeSteps(side, created)], addresses: addressesOf(side, wanted) };
}

/** What `planNetworkSide` looks at to tell where CIDRs will be seen. */
export type AddressSide = Pick<
  NetworkSide,
  "id" | "peerId" | "namespace" | "configurationName" | "remote" | "networks" | "nodes" | "apiServers"
>;

export function planAddresses(side: AddressSide): Address[] {
  return addressesOf(side, networksOf(configurationOf(side), side.remote));
}

function configurationOf({ peerId, namespace, configurationName, remote }: AddressSide): Configuration {
  return forgeConfiguration(peerId, namespace, configurationName, remote);
}

type Wanted = Pick<Address, "type" | "cidr"> & { readonly network: Network };

function networksOf(configuration: Configuration, remote: Cidrs): Wanted[] {
  return (["pod", "external"] as const).flatMap((type) =>
    remote[type].map((cidr) => ({ type, cidr, network: forgeRemoteNetwork(configuration, type, cidr) })),
  );
}

/** By the code of the controller that will give them out, in its order. */
function addressesOf(
  { id, peerId, networks: all, nodes, apiServers }: AddressSide,
  wanted: readonly Wanted[],
): Address[] {
  const given = new Map<string, string>();
  const own = ownAddresses(nodes, apiServers, undefined);
  const placed = [...all];
  return wanted.map(({ type, cidr, network }) => {
    const address = { cluster: id, of: peerId, type, cidr };
    const name = network.metadata?.name ?? "";
    const present = all.find(
      ({ metadata }) => metadata?.name === name && metadata.namespace === network.metadata?.namespace,
    );
    if (present?.status?.cidr !== undefined) return { ...address, seenAs: present.status.cidr };
    const asked = { ...network, metadata: { ...network.metadata, uid: name } };
    const plan = planNetwork(asked, { all: placed, given, own });
    if (plan.do !== "give")
      return {
        ...address,
        problem: plan.do === "refuse" ? plan.problem : "this cluster's own CIDRs have no place yet",
      };
    given.set(name, plan.cidr);
    placed.push({ ...asked, status: { cidr: plan.cidr } });
    return { ...address, seenAs: plan.cidr, isExpected: true };
  });
}

function configurationSteps(
  { id, peerId }: NetworkSide,
  configuration: Configuration,
  wanted: readonly Network[],
): Step[] {
  const ip: IP = forgeUnknownSourceIp(configuration);
  const follows = `how ${peerId} is reached`;
  return [
    step(id, "create", configurations, configuration, `the CIDRs of ${peerId}`),
    ...wanted.map((network) => step(id, "create", networks, network, `finds a place for a CIDR of ${peerId}`)),
    step(id, "create", ips, ip, "the address of what has none that both know"),
    ...[
      forgeMasqueradeBypass(configuration, false),
      forgeRemapFirewall(configuration, "pod"),
      forgeRemapFirewall(configuration, "external"),
      forgeIpMapping(ip),
    ].map((table) => step(id, "create", firewallConfigurations, table, follows)),
  ];
}

function changeSteps({ id, differing }: NetworkSide, created: readonly Step[]): Step[] {
  const changed = created.filter(({ object }) => differing.includes(object.kind ?? ""));
  return changed.map(({ object }) => ({ cluster: id, verb: "change", object, why: "as it is asked for now" }));
}

function gatewaySteps(side: NetworkSide, configuration: Configuration): Step[] {
  const { id, peerId, namespace, isServer, gatewayName: name, internalNodes, sharesKeys } = side;
  const gateway = { metadata: { name, namespace, labels: configuration.metadata?.labels ?? {} } };
  const own = { metadata: { name: gatewayObjectName(name), namespace } };
  const runs = isServer ? `listens for ${peerId}` : `dials ${peerId}`;
  const fabric = forgeInternalFabric(gateway, configuration, { gateway: { ip: "" }, node: { name: "" } });
  return [
    isServer ? step(id, "create", gatewayServers, gateway, runs) : step(id, "create", gatewayClients, gateway, runs),
    isServer
      ? step(id, "create", wgGatewayServers, gateway, runs)
      : step(id, "create", wgGatewayClients, gateway, runs),
    step(id, "create", secrets, forgeGatewayKeys(gateway), "the keys of the gateway"),
    step(id, "create", serviceAccounts, forgeGatewayAccount(gateway), "the gateway runs as it"),
    step(id, "create", clusterRoleBindings, forgeGatewayClusterBinding(gateway), "what all gateways read"),
    step(id, "create", roleBindings, forgeGatewayBinding(gateway), "what is the gateway's own"),
    step(id, "create", deployments, own, `the gateway, which ${runs}`),
    ...(isServer ? [step(id, "create", services, own, `where ${peerId} dials`)] : []),
    ...(sharesKeys
      ? [
          step(
            id,
            "create",
            publicKeys,
            forgePublicKey(peerId, namespace, peerId, ""),
            `the key of the gateway of ${peerId}`,
          ),
        ]
      : []),
    step(id, "create", connections, own, "tells whether the tunnel is up"),
    step(id, "create", internalFabrics, fabric, "the way from the nodes to the gateway"),
    ...internalNodes.map((node) =>
      step(id, "create", geneveTunnels, forgeGeneveTunnel(fabric, node, 0), "from a node to the gateway"),
    ),
    step(
      id,
      "create",
      routeConfigurations,
      forgeGatewayRoutes(configuration, [], isServer ? "Server" : "Client"),
      `into the tunnel to ${peerId}`,
    ),
    step(id, "create", routeConfigurations, forgeNodeRoutes(fabric), "from the nodes to the gateway"),
  ];
}
