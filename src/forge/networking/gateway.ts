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
  readonly serviceType: "LoadBalancer" | "NodePort" | "ClusterIP";
  readonly nodePort?: number;
  readonly loadBalancerIp?: string;
  readonly template: { readonly name: string; readonly namespace: string };
}

export function forgeGatewayServer(remoteId: string, namespace: string, options: ServerOptions): GatewayServer {
  const { name = remoteId, mtu, ports, serviceType, nodePort, loadBalancerIp, template } = options;
  return {
    metadata: { name, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: remoteId } },
    spec: {
      serverTemplateRef: { apiVersion: "networking.liqo.io/v1beta1", kind: "WgGatewayServerTemplate", ...template },
      mtu,
      endpoint: {
        ...portOrPorts(ports),
        serviceType,
        ...(nodePort !== undefined && (ports.length > 1 ? { nodePorts: [nodePort] } : { nodePort })),
        ...(loadBalancerIp !== undefined && { loadBalancerIP: loadBalancerIp }),
      },
    },
  };
}

/** One is told as ever, for whoever knows of no others. */
function portOrPorts(ports: readonly number[]): { port: number } | { ports: number[] } {
  const [port = 0, ...others] = ports;
  return others.length === 0 ? { port } : { ports: [...ports] };
}

export interface ClientOptions {
  /** Default: that of the peer. */
  readonly name?: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
  /** Of each tunnel. */
  readonly ports: readonly number[];
  readonly protocol: "TCP" | "UDP";
  /** At the same addresses, for where UDP is shut. */
  readonly tcpCarrierPort?: number | undefined;
  readonly template: { readonly name: string; readonly namespace: string };
}

export function forgeGatewayClient(remoteId: string, namespace: string, options: ClientOptions): GatewayClient {
  const { name = remoteId, mtu, addresses, ports, protocol, tcpCarrierPort, template } = options;
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
      endpoint: { addresses: [...addresses], ...portOrPorts(ports), protocol },
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
