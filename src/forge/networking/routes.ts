/** Routing tables of a peering, at gateways and nodes. Upstream: pkg/liqo-controller-manager/networking/forge */
import * as labels from "#api/labels.ts";
import type { Configuration } from "#api/networking/configuration.ts";
import type { InternalFabric, InternalNode } from "#api/networking/internal.ts";
import type { Route, RouteConfiguration, RouteRule } from "#api/networking/routeconfiguration.ts";
import { controllerReference, type OwnerReference } from "#machinery/meta.ts";
import { GLOBAL_LABELS } from "../names.ts";
import { ownerReference, TUNNEL_INTERFACE } from "./names.ts";

const TUNNEL_SERVER_IP = "169.254.18.1";
const TUNNEL_CLIENT_IP = "169.254.18.2";

function routes(
  name: string,
  namespace: string,
  selection: Readonly<Record<string, string>>,
  owner: OwnerReference,
  table: { name: string; rules: RouteRule[] },
): RouteConfiguration {
  return {
    metadata: { name, namespace, labels: { ...GLOBAL_LABELS, ...selection }, ownerReferences: [owner] },
    spec: { table },
  };
}

/** At the gateway of the peer: what comes from a node for the peer goes into the tunnel. Addresses are the peer's own: DNAT comes first. */
export function forgeGatewayRoutes(
  configuration: Configuration,
  nodes: readonly InternalNode[],
  mode: "Server" | "Client",
): RouteConfiguration {
  const { name = "", namespace = "" } = configuration.metadata ?? {};
  const cidrs = [
    ...(configuration.spec?.remote?.cidr?.pod ?? []),
    ...(configuration.spec?.remote?.cidr?.external ?? []),
  ];
  const gw = mode === "Server" ? TUNNEL_CLIENT_IP : TUNNEL_SERVER_IP;
  const rules = nodes.flatMap((node) =>
    cidrs.map((dst): RouteRule => ({ dst, iif: node.spec?.interface.gateway.name ?? "", routes: [{ dst, gw }] })),
  );
  const selection = { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_UNIQUE]: name };
  return routes(`${name}-gw-ext`, namespace, selection, ownerReference(configuration), { name, rules });
}

/** On every node: what is for the peer goes to its gateway. */
export function forgeNodeRoutes(fabric: InternalFabric): RouteConfiguration {
  const { name = "", namespace = "" } = fabric.metadata ?? {};
  const gateway = fabric.spec?.interface.gateway.ip ?? "";
  const host = `${gateway}/32`;
  const rules: RouteRule[] = [
    { dst: host, routes: [{ dst: host, dev: fabric.spec?.interface.node.name ?? "", scope: "link" }] },
    ...(fabric.spec?.remoteCIDRs ?? []).map((dst): RouteRule => ({ dst, routes: [{ dst, gw: gateway }] })),
  ];
  const table = { name: `${name}-node-gw`, rules };
  return routes(table.name, namespace, { [labels.ROUTE_CATEGORY]: "fabric" }, controllerReference(fabric), table);
}

export interface PodAddress {
  readonly ip: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
}

/** At every gateway: each pod of a node is reached through that node's overlay address. */
export function forgePodRoutes(node: InternalNode, namespace: string, pods: readonly PodAddress[]): RouteConfiguration {
  const name = node.metadata?.name ?? "";
  const gw = node.spec?.interface.node.ip ?? "";
  const host = `${gw}/32`;
  const toPods = pods.map(
    (pod): Route => ({
      dst: `${pod.ip}/32`,
      gw,
      targetRef: { kind: "Pod", name: pod.name, namespace: pod.namespace, uid: pod.uid },
    }),
  );
  const rules: RouteRule[] = [
    { dst: host, routes: [{ dst: host, dev: node.spec?.interface.gateway.name ?? "", scope: "link" }] },
    ...(toPods.length > 0 ? [{ iif: TUNNEL_INTERFACE, routes: toPods }] : []),
  ];
  const selection = { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_SUBCATEGORY]: "fabric" };
  return routes(`${name}-gw-node`, namespace, selection, ownerReference(node), { name, rules });
}

/** At gateways on that node: other peers' pods and mapped addresses are reached through the node itself. */
export function forgeExternalRoutes(
  node: InternalNode,
  namespace: string,
  remotePods: readonly string[],
  mapped: readonly string[],
): RouteConfiguration | undefined {
  const name = node.metadata?.name ?? "";
  const via = { dev: node.spec?.interface.gateway.name ?? "", gw: node.spec?.interface.node.ip ?? "" };
  const rules: RouteRule[] = [
    ...remotePods.map((dst): RouteRule => ({ dst, iif: TUNNEL_INTERFACE, routes: [{ dst, ...via }] })),
    ...(mapped.length > 0
      ? [{ iif: TUNNEL_INTERFACE, routes: mapped.map((ip): Route => ({ dst: `${ip}/32`, ...via })) }]
      : []),
  ];
  if (rules.length === 0) return undefined;
  const selection = {
    [labels.ROUTE_CATEGORY]: "gateway",
    [labels.ROUTE_SUBCATEGORY]: "fabric-node",
    [labels.ROUTE_UNIQUE]: name,
  };
  return routes(`${name}-extcidr`, namespace, selection, ownerReference(node), { name: `${name}-extcidr`, rules });
}

export function forgeNodePortRoutes(
  node: InternalNode,
  index: number,
  namespace: string,
  unknownSource: string,
): RouteConfiguration {
  const name = `${node.metadata?.name ?? ""}-service-nodeport-routing`;
  const dst = `${unknownSource}/32`;
  const rule: RouteRule = {
    dst,
    fwmark: index + 1,
    routes: [{ dst, dev: node.spec?.interface.gateway.name ?? "", gw: node.spec?.interface.node.ip ?? "" }],
    targetRef: { kind: "InternalNode", name: node.metadata?.name ?? "" },
  };
  const selection = { [labels.ROUTE_CATEGORY]: "gateway", [labels.ROUTE_SUBCATEGORY]: "fabric" };
  return routes(name, namespace, selection, ownerReference(node), { name, rules: [rule] });
}
