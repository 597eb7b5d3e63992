/** The gateways of a peering and their keys. Upstream: pkg/liqo-controller-manager/networking/forge */
import { TCP_CARRIER_PORT } from "#api/annotations.ts";
import * as labels from "#api/labels.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { PublicKey } from "#api/networking/publickey.ts";

export interface ServerOptions {
  /** Default: that of the peer. */
  readonly name?: string;
  readonly mtu: number;
  /** Of each tunnel. */
  readonly ports: readonly number[];
  /** The object has a list of ports, which somebody else may have written. */
  readonly listsPorts?: boolean;
  readonly serviceType: "LoadBalancer" | "NodePort" | "ClusterIP";
  readonly nodePort?: number;
  readonly loadBalancerIp?: string;
  readonly template: { readonly name: string; readonly namespace: string };
}

export function forgeGatewayServer(remoteId: string, namespace: string, options: ServerOptions): GatewayServer {
  const { name = remoteId, mtu, serviceType, nodePort, loadBalancerIp, template } = options;
  return {
    metadata: { name, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: remoteId } },
    spec: {
      serverTemplateRef: { apiVersion: "networking.liqo.io/v1beta1", kind: "WgGatewayServerTemplate", ...template },
      mtu,
      endpoint: {
        ...portOrPorts(options),
        serviceType,
        ...(nodePort !== undefined && { nodePort }),
        ...(loadBalancerIp !== undefined && { loadBalancerIP: loadBalancerIp }),
      },
    },
  };
}

interface Ports {
  readonly ports: readonly number[];
  readonly listsPorts?: boolean;
}

/** One is told as ever, for whoever knows of no others; both ways at once is refused. */
function portOrPorts({ ports, listsPorts = false }: Ports): { port: number } | { ports: number[] } {
  const [port = 0, ...others] = ports;
  return others.length === 0 && !listsPorts ? { port } : { ports: [...ports] };
}

export interface ClientOptions {
  /** Default: that of the peer. */
  readonly name?: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
  /** Of each tunnel. */
  readonly ports: readonly number[];
  /** The object has a list of ports, which somebody else may have written. */
  readonly listsPorts?: boolean;
  readonly protocol: "TCP" | "UDP";
  /** At the same addresses, for where UDP is shut. */
  readonly tcpCarrierPort?: number | undefined;
  readonly template: { readonly name: string; readonly namespace: string };
}

export function forgeGatewayClient(remoteId: string, namespace: string, options: ClientOptions): GatewayClient {
  const { name = remoteId, mtu, addresses, protocol, tcpCarrierPort, template } = options;
  return {
    metadata: {
      name,
      namespace,
      labels: { [labels.REMOTE_CLUSTER_ID]: remoteId },
      ...(tcpCarrierPort !== undefined && { annotations: { [TCP_CARRIER_PORT]: String(tcpCarrierPort) } }),
    },
    spec: {
      clientTemplateRef: { apiVersion: "networking.liqo.io/v1beta1", kind: "WgGatewayClientTemplate", ...template },
      mtu,
      endpoint: { addresses: [...addresses], ...portOrPorts(options), protocol },
    },
  };
}

/** `publicKey` is base64 of the raw key. The namespace is left out of what is printed for another cluster. */
export function forgePublicKey(
  remoteId: string,
  namespace: string | undefined,
  name: string,
  publicKey: string,
): PublicKey {
  return {
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { [labels.REMOTE_CLUSTER_ID]: remoteId, [labels.GATEWAY_RESOURCE]: "true" },
    },
    spec: { publicKey },
  };
}
