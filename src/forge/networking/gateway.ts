/** The gateways of a peering and their keys. Upstream: pkg/liqo-controller-manager/networking/forge */
import * as labels from "#api/labels.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import type { PublicKey } from "#api/networking/publickey.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { ownerReference } from "./names.ts";

export interface ServerOptions {
  readonly mtu: number;
  readonly port: number;
  readonly serviceType: "LoadBalancer" | "NodePort" | "ClusterIP";
  readonly nodePort?: number;
  readonly loadBalancerIp?: string;
  readonly template: { readonly name: string; readonly namespace: string };
}

export function forgeGatewayServer(remoteId: string, namespace: string, options: ServerOptions): GatewayServer {
  const { mtu, port, serviceType, nodePort, loadBalancerIp, template } = options;
  return {
    metadata: { name: remoteId, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: remoteId } },
    spec: {
      serverTemplateRef: { apiVersion: "networking.liqo.io/v1beta1", kind: "WgGatewayServerTemplate", ...template },
      mtu,
      endpoint: {
        port,
        serviceType,
        ...(nodePort !== undefined && { nodePort }),
        ...(loadBalancerIp !== undefined && { loadBalancerIP: loadBalancerIp }),
      },
    },
  };
}

export interface ClientOptions {
  readonly mtu: number;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  readonly template: { readonly name: string; readonly namespace: string };
}

export function forgeGatewayClient(remoteId: string, namespace: string, options: ClientOptions): GatewayClient {
  const { mtu, addresses, port, protocol, template } = options;
  return {
    metadata: { name: remoteId, namespace, labels: { [labels.REMOTE_CLUSTER_ID]: remoteId } },
    spec: {
      clientTemplateRef: { apiVersion: "networking.liqo.io/v1beta1", kind: "WgGatewayClientTemplate", ...template },
      mtu,
      endpoint: { addresses: [...addresses], port, protocol },
    },
  };
}

/** `publicKey` is base64 of the raw key. */
export function forgePublicKey(remoteId: string, namespace: string, publicKey: string, owner: KubeObject): PublicKey {
  return {
    metadata: {
      name: remoteId,
      namespace,
      labels: { [labels.REMOTE_CLUSTER_ID]: remoteId, [labels.GATEWAY_RESOURCE]: "true" },
      ownerReferences: [ownerReference(owner)],
    },
    spec: { publicKey },
  };
}
