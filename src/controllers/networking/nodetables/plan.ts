/** The tables of one node at gateways. Upstream: pkg/liqo-controller-manager/networking/internal-network/{route,node-controller} */
import type { Pod } from "kubernetes-types/core/v1";
import type { IP } from "#api/ipam/ip.ts";
import type { Network } from "#api/ipam/network.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import type { InternalNode } from "#api/networking/internal.ts";
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import { type Cidr, contains, mustParseCidr, parseIpv4 } from "#base/cidr.ts";
import { unknownSourceOf } from "#forge/networking/configuration.ts";
import { forgeNodePortFirewall } from "#forge/networking/firewall.ts";
import { forgeExternalRoutes, forgeNodePortRoutes, type PodAddress } from "#forge/networking/routes.ts";
import { cidrOfType } from "#ipam/own-networks.ts";
import { isTerminal } from "#machinery/pod.ts";
import { isOffloaded } from "../../pods.ts";
import { byName } from "../by-name.ts";
import { isConfigured } from "../configuration/status.ts";

export interface Observed {
  readonly node: InternalNode;
  /** All of them: a node's mark is its place among them. */
  readonly nodes: readonly InternalNode[];
  readonly configurations: readonly Configuration[];
  readonly ips: readonly IP[];
  readonly networks: readonly Network[];
  readonly liqoNamespace: string;
}

export interface Plan {
  readonly firewalls: readonly FirewallConfiguration[];
  readonly routes: readonly RouteConfiguration[];
}

/** All but the routes to pods, which change too often to be looked at with the rest. */
export function planNodeTables(seen: Observed): Plan {
  const { node, nodes, configurations, ips, networks, liqoNamespace } = seen;
  const remotePods = configurations.filter(isConfigured).flatMap(({ status }) => status?.remote?.cidr?.pod ?? []);
  const cidrs = remotePods.map(mustParseCidr);
  // Those of peers' pods are on their peers' ways.
  const mapped = ips.flatMap(({ spec }) => spec?.ip ?? []).filter((ip) => !cidrs.some((cidr) => holds(cidr, ip)));
  const external = forgeExternalRoutes(node, liqoNamespace, sorted(remotePods), sorted(mapped));
  const routes = external === undefined ? [] : [external];
  const externalCidr = cidrOfType(networks, "external-cidr");
  if (externalCidr === undefined) return { firewalls: [], routes };
  const unknown = unknownSourceOf(externalCidr);
  const everyNode = byName(nodes);
  const index = everyNode.findIndex(({ metadata }) => metadata?.name === node.metadata?.name);
  return {
    firewalls: [forgeNodePortFirewall(everyNode, liqoNamespace, unknown)],
    routes: [...routes, forgeNodePortRoutes(node, index, liqoNamespace, unknown)],
  };
}

function holds(cidr: Cidr, address: string): boolean {
  const ip = parseIpv4(address);
  return ip !== undefined && contains(cidr, ip);
}

/** The pods with an address of their own on that node; those of the host's network are reached as the node. */
export function routedPods(node: string, pods: readonly Pod[]): PodAddress[] {
  return pods
    .filter((pod) => pod.spec?.nodeName === node && isRouted(pod))
    .map(({ status, metadata }) => ({
      ip: status?.podIP ?? "",
      name: metadata?.name ?? "",
      namespace: metadata?.namespace ?? "",
      uid: metadata?.uid ?? "",
    }))
    .sort((a, b) => (a.uid < b.uid ? -1 : 1));
}

function isRouted(pod: Pod): boolean {
  return !isOffloaded(pod) && pod.spec?.hostNetwork !== true && (pod.status?.podIP ?? "") !== "" && !isTerminal(pod);
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}
