/** Where a gateway is, from outside and from inside. Upstream: pkg/liqo-controller-manager/networking/external-network/wireguard/utils.go */
import type { Node, Pod, Service } from "kubernetes-types/core/v1";
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
  const [port, ...others] = service.spec?.ports ?? [];
  if (port === undefined) return undefined;
  const overTcp = others.find(({ protocol }) => protocol === "TCP");
  const tcpPort = service.spec?.type === "NodePort" ? overTcp?.nodePort : overTcp?.port;
  const tcp = tcpPort === undefined ? {} : { tcpPort };
  const protocol = port.protocol === "TCP" ? "TCP" : "UDP";
  switch (service.spec?.type) {
    case "LoadBalancer": {
      const ingress = service.status?.loadBalancer?.ingress ?? [];
      const addresses = ingress.flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
      return addresses.length === 0 ? undefined : { addresses, port: port.port, protocol, ...tcp };
    }
    case "NodePort": {
      const address = nodeAddress(node?.status?.addresses ?? []);
      if (address === undefined || port.nodePort === undefined) return undefined;
      return { addresses: [address], port: port.nodePort, protocol, ...tcp };
    }
    default: {
      const { clusterIP } = service.spec ?? {};
      return clusterIP === undefined ? undefined : { addresses: [clusterIP], port: port.port, protocol, ...tcp };
    }
  }
}

// Upstream: pkg/utils/getters (order of preference)
const ADDRESS_TYPES = ["ExternalDNS", "ExternalIP", "InternalDNS", "InternalIP", "Hostname"];

function nodeAddress(addresses: readonly { type: string; address: string }[]): string | undefined {
  return ADDRESS_TYPES.map((type) => addresses.find((address) => address.type === type)?.address).find(
    (address) => address !== undefined,
  );
}
