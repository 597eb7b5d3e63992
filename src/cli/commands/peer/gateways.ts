/** The two gateways of a tunnel: the server, the client that dials it, and their keys. Upstream: pkg/liqoctl/network */
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import type { Context } from "#base/context.ts";
import { forgeGatewayClient, forgeGatewayServer, forgePublicKey } from "#forge/networking/gateway.ts";
import { secrets } from "#machinery/builtin.ts";
import { checkGatewayService } from "../../checks/gateway-service.ts";
import { waitFor } from "../../cluster.ts";
import type { Side } from "./side.ts";

export interface NetworkOptions {
  readonly mtu: number;
  readonly serviceType: "LoadBalancer" | "NodePort" | "ClusterIP";
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly loadBalancerIp: string | undefined;
  readonly clientAddress: string | undefined;
  readonly clientPort: number | undefined;
  readonly timeoutMs: number;
}

/** Throws a CliError when the Service of the server cannot be made as asked. */
export async function checkServerService(
  ctx: Context,
  server: Side,
  client: Side,
  options: NetworkOptions,
): Promise<void> {
  const { client: api } = server.cluster;
  const found = await api.find(ctx, gatewayServers, { namespace: server.namespace, name: client.id });
  const present = found?.spec?.endpoint?.nodePort;
  // Its own port is taken by itself.
  if (present !== undefined && present === options.nodePort) return;
  await checkGatewayService(ctx, api, {
    namespace: server.namespace,
    type: options.serviceType,
    port: options.port,
    ...(options.nodePort !== undefined && { nodePort: options.nodePort }),
    ...(options.loadBalancerIp !== undefined && { loadBalancerIp: options.loadBalancerIp }),
  });
}

/** Resolves when it has an address and keys. */
export async function ensureServer(ctx: Context, server: Side, client: Side, options: NetworkOptions): Promise<void> {
  const wanted = forgeGatewayServer(client.id, server.namespace, {
    mtu: options.mtu,
    port: options.port,
    serviceType: options.serviceType,
    ...(options.nodePort !== undefined && { nodePort: options.nodePort }),
    ...(options.loadBalancerIp !== undefined && { loadBalancerIp: options.loadBalancerIp }),
    template: { name: "wireguard-server", namespace: server.cluster.liqoNamespace },
  });
  await server.cluster.client.apply(ctx, gatewayServers, wanted);
  await waitFor(
    ctx,
    server.cluster.client,
    gatewayServers,
    { namespace: server.namespace, name: client.id },
    {
      until: (found) =>
        (found?.status?.endpoint?.addresses ?? []).length > 0 && found?.status?.secretRef?.name !== undefined,
      timeoutMs: options.timeoutMs,
      what:
        options.serviceType === "LoadBalancer"
          ? "no address from the load balancer (try --gw-server-service-type NodePort)"
          : "no endpoint",
    },
  );
}

/** Resolves when it has keys. */
export async function ensureClient(ctx: Context, server: Side, client: Side, options: NetworkOptions): Promise<void> {
  const found = await server.cluster.client.get(ctx, gatewayServers, { namespace: server.namespace, name: client.id });
  const endpoint = found.status?.endpoint;
  const wanted = forgeGatewayClient(server.id, client.namespace, {
    mtu: options.mtu,
    addresses: options.clientAddress === undefined ? (endpoint?.addresses ?? []) : [options.clientAddress],
    port: options.clientPort ?? endpoint?.port ?? endpoint?.ports?.[0] ?? options.port,
    protocol: endpoint?.protocol ?? "UDP",
    template: { name: "wireguard-client", namespace: client.cluster.liqoNamespace },
  });
  await client.cluster.client.apply(ctx, gatewayClients, wanted);
  await waitFor(
    ctx,
    client.cluster.client,
    gatewayClients,
    { namespace: client.namespace, name: server.id },
    {
      until: (object) => object?.status?.secretRef?.name !== undefined,
      timeoutMs: options.timeoutMs,
      what: "no keys",
    },
  );
}

/** Gives each gateway the public key of the other. */
export async function exchangeKeys(ctx: Context, server: Side, client: Side, options: NetworkOptions): Promise<void> {
  const serverObject = await server.cluster.client.get(ctx, gatewayServers, {
    namespace: server.namespace,
    name: client.id,
  });
  const clientObject = await client.cluster.client.get(ctx, gatewayClients, {
    namespace: client.namespace,
    name: server.id,
  });
  const serverKey = await publicKeyOf(ctx, server, serverObject.status?.secretRef?.name, options);
  const clientKey = await publicKeyOf(ctx, client, clientObject.status?.secretRef?.name, options);
  await client.cluster.client.apply(
    ctx,
    publicKeys,
    forgePublicKey(server.id, client.namespace, serverKey, {
      ...clientObject,
      apiVersion: "networking.liqo.io/v1beta1",
      kind: "GatewayClient",
    }),
  );
  await server.cluster.client.apply(
    ctx,
    publicKeys,
    forgePublicKey(client.id, server.namespace, clientKey, {
      ...serverObject,
      apiVersion: "networking.liqo.io/v1beta1",
      kind: "GatewayServer",
    }),
  );
}

/** base64 of the raw public key; the private one stays where it is. */
async function publicKeyOf(
  ctx: Context,
  side: Side,
  name: string | undefined,
  options: NetworkOptions,
): Promise<string> {
  const secret = await waitFor(
    ctx,
    side.cluster.client,
    secrets,
    { namespace: side.namespace, name: name ?? "" },
    {
      until: (found) => found?.data?.["publicKey"] !== undefined,
      timeoutMs: options.timeoutMs,
      what: "no public key",
    },
  );
  return secret?.data?.["publicKey"] ?? "";
}
