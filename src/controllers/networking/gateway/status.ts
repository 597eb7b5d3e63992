/** What a gateway tells of what it was rendered to. Upstream: pkg/liqo-controller-manager/networking/external-network/{server,client}-operator */
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import {
  type WgGatewayClient,
  type WgGatewayServer,
  wgGatewayClients,
  wgGatewayServers,
} from "#api/networking/wggateway.ts";
import { apiVersionOf } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";

export interface Rendered<W> {
  readonly wg: W;
  /** Name of the Secret with the keys. */
  readonly secret: string;
}

export function gatewayServerStatus({ wg, secret }: Rendered<WgGatewayServer>): NonNullable<GatewayServer["status"]> {
  const { endpoint, internalEndpoint } = wg.status ?? {};
  return {
    ...(endpoint !== undefined && { endpoint }),
    ...(internalEndpoint !== undefined && { internalEndpoint }),
    secretRef: { name: secret, namespace: wg.metadata?.namespace ?? "" },
    serverRef: referenceTo(wg, wgGatewayServers.kind),
  };
}

export function gatewayClientStatus({ wg, secret }: Rendered<WgGatewayClient>): NonNullable<GatewayClient["status"]> {
  const { internalEndpoint } = wg.status ?? {};
  return {
    clientRef: referenceTo(wg, wgGatewayClients.kind),
    ...(internalEndpoint !== undefined && { internalEndpoint }),
    secretRef: { name: secret, namespace: wg.metadata?.namespace ?? "" },
  };
}

function referenceTo({ metadata }: KubeObject, kind: string) {
  const { name = "", namespace = "", uid = "" } = metadata ?? {};
  return { apiVersion: apiVersionOf(wgGatewayServers), kind, name, namespace, uid };
}
