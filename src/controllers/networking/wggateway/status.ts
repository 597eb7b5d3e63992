/** Where a gateway is, from outside and from inside. Upstream: pkg/liqo-controller-manager/networking/external-network/wireguard/utils.go */
import type { Node, Pod, Service, ServicePort } from "kubernetes-types/core/v1";
import type { WgGatewayClient, WgGatewayServer } from "#api/networking/wggateway.ts";
import type { Endpoint } from "./at-endpoint.ts";

type WgGateway = WgGatewayServer | WgGatewayClient;

export interface Exposed {
  readonly service: Service;
  /** Of the pod in charge: NodePorts are reached there. */
  readonly node: Node | undefined;
}

/** `exposed`: of servers that have a Service. */
export function wgGatewayStatus(
  { metadata, spec }: WgGateway,
  pod: Pod | undefined,
  exposed?: Exposed,
): NonNullable<WgGatewayServer["status"]> {
  const endpoint = exposed === undefined ? undefined : endpointOf(exposed);
  const ip = pod?.status?.podIP;
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(ip !== undefined && { internalEndpoint: { ip, node: pod?.spec?.nodeName ?? "" } }),
    secretRef: { name: spec?.secretRef?.name ?? "", namespace: metadata?.namespace ?? "" },
  };
}

/** Where clients reach the server; undefined until that is known. */
function endpointOf({ service, node }: Exposed): Endpoint | undefined {
  const { spec, status } = service;
  const [first, ...others] = spec?.ports ?? [];
  if (first === undefined) return undefined;
  const overTcp = others.find(({ protocol }) => protocol === "TCP");
  const isNodePort = spec?.type === "NodePort";
  const tcpPort = isNodePort ? overTcp?.nodePort : overTcp?.port;
  const found = [first, ...others.filter(isOfTunnel)].map((each) => (isNodePort ? each.nodePort : each.port));
  const ports = found.filter((port) => port !== undefined);
  const reached = {
    ...(ports.length > 1 ? { ports } : { port: ports[0] ?? 0 }),
    protocol: first.protocol === "TCP" ? ("TCP" as const) : ("UDP" as const),
    ...(tcpPort !== undefined && { tcpPort }),
  };
  switch (spec?.type) {
    case "LoadBalancer": {
      const addresses = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
      return addresses.length === 0 ? undefined : { addresses, ...reached };
    }
    case "NodePort": {
      const address = nodeAddress(node?.status?.addresses ?? []);
      if (address === undefined || ports.length < found.length) return undefined;
      return { addresses: [address], ...reached };
    }
    default:
      return spec?.clusterIP === undefined ? undefined : { addresses: [spec.clusterIP], ...reached };
  }
}

/** Of a further one, as ../gateway/ports.ts names them. */
function isOfTunnel({ name, protocol }: ServicePort): boolean {
  return protocol === "UDP" && /-\d+$/.test(name ?? "");
}

// Upstream: pkg/utils/getters (order of preference)
const ADDRESS_TYPES = ["ExternalDNS", "ExternalIP", "InternalDNS", "InternalIP", "Hostname"];

function nodeAddress(addresses: readonly { type: string; address: string }[]): string | undefined {
  return ADDRESS_TYPES.map((type) => addresses.find((address) => address.type === type)?.address).find(
    (address) => address !== undefined,
  );
}
