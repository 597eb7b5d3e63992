/** The two gateways of a tunnel: the server, the client that dials it, and their keys. Upstream: pkg/liqoctl/network */
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { wgGatewayClientTemplates, wgGatewayServerTemplates } from "#api/networking/wggateway.ts";
import type { Context } from "#base/context.ts";
import { forgeGatewayClient, forgeGatewayServer, forgePublicKey } from "#forge/networking/gateway.ts";
import { ownerReference } from "#forge/networking/names.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { checkGatewayService } from "../../checks/gateway-service.ts";
import { checkTemplate } from "../../checks/gateway-template.ts";
import { waitFor } from "../../cluster.ts";
import { CliError } from "../../errors.ts";
import { ofPeer, type Side } from "../side.ts";
import { publicKeyOf } from "./keys.ts";
import type { NetworkOptions, Template } from "./options.ts";
import { portsOf, serverPorts } from "./tunnels.ts";

/** The gateways of one side for the other. */
export interface Gateways {
  readonly server: GatewayServer | undefined;
  readonly client: GatewayClient | undefined;
}

export async function gatewaysOf(ctx: Context, side: Side): Promise<Gateways> {
  const [server, client] = await Promise.all([findOne(ctx, side, gatewayServers), findOne(ctx, side, gatewayClients)]);
  return { server, client };
}

/** The one object of a kind that a side has for its peer, whatever it is called. Throws a CliError when there are more. */
export async function findOne<T extends KubeObject>(
  ctx: Context,
  { cluster, namespace, peerId }: Side,
  resource: Resource<T>,
): Promise<T | undefined> {
  const { items } = await cluster.client.list(ctx, resource, { namespace, labelSelector: ofPeer(peerId) });
  if (items.length < 2) return items[0];
  const names = items.map(({ metadata }) => metadata?.name).join(", ");
  throw new CliError(`namespace ${namespace} has ${items.length} ${resource.plural} for ${peerId}: ${names}`, {
    hint: `there may be one: \`liqoctl delete ${resource.kind.toLowerCase()} <name>\` removes the others`,
  });
}

/** Throws a CliError when the templates are not there, or the Service of the server cannot be made as asked. */
export async function checkGateways(ctx: Context, server: Side, client: Side, options: NetworkOptions): Promise<void> {
  await checkTemplates(ctx, server, client, options);
  const { nodePort, loadBalancerIp, serviceType, port } = options;
  const found = await findOne(ctx, server, gatewayServers);
  const present = found?.spec?.endpoint?.nodePort;
  // Its own port is taken by itself.
  if (present !== undefined && present === nodePort) return;
  await checkGatewayService(ctx, server.cluster.client, {
    namespace: server.namespace,
    type: serviceType,
    port,
    ...(nodePort !== undefined && { nodePort }),
    ...(loadBalancerIp !== undefined && { loadBalancerIp }),
  });
}

/** Throws a CliError when a template is not there, or has no place for what is asked. Reads only. */
export async function checkTemplates(ctx: Context, server: Side, client: Side, options: NetworkOptions): Promise<void> {
  const { nodePort, loadBalancerIp } = options;
  await checkTemplate(ctx, server.cluster, {
    resource: wgGatewayServerTemplates,
    ...placed(options.serverTemplate, server),
    flag: "--gw-server-template-name and --gw-server-template-namespace",
    nodePort,
    loadBalancerIp,
  });
  await checkTemplate(ctx, client.cluster, {
    resource: wgGatewayClientTemplates,
    ...placed(options.clientTemplate, client),
    flag: "--gw-client-template-name and --gw-client-template-namespace",
  });
}

/** One that is there keeps its name. */
export function wantedServer(server: Side, present: GatewayServer | undefined, options: NetworkOptions): GatewayServer {
  return forgeGatewayServer(server.peerId, server.namespace, {
    name: present?.metadata?.name ?? server.peerId,
    mtu: options.mtu,
    ports: serverPorts(options.port, options.tunnels, present?.spec?.endpoint),
    listsPorts: present?.spec?.endpoint?.ports !== undefined,
    serviceType: options.serviceType,
    ...(options.nodePort !== undefined && { nodePort: options.nodePort }),
    ...(options.loadBalancerIp !== undefined && { loadBalancerIp: options.loadBalancerIp }),
    template: placed(options.serverTemplate, server),
  });
}

/** Resolves when it has an address and keys. */
export async function ensureServer(ctx: Context, server: Side, options: NetworkOptions): Promise<GatewayServer> {
  const wanted = wantedServer(server, await findOne(ctx, server, gatewayServers), options);
  const tunnels = portsOf(wanted.spec?.endpoint).length;
  await server.cluster.client.apply(ctx, gatewayServers, wanted);
  const ready = await waitFor(
    ctx,
    server.cluster.client,
    gatewayServers,
    { namespace: server.namespace, name: wanted.metadata?.name ?? "" },
    {
      until: (found) => isServing(found) && portsOf(found?.status?.endpoint).length === tunnels,
      timeoutMs: options.timeoutMs,
      what:
        options.serviceType === "LoadBalancer"
          ? "no address from the load balancer (try --gw-server-service-type NodePort)"
          : "no endpoint",
    },
  );
  return ready ?? wanted;
}

/** Whether a GatewayServer has an address and keys. */
export function isServing(found: GatewayServer | undefined): boolean {
  return (found?.status?.endpoint?.addresses ?? []).length > 0 && hasKeys(found);
}

/** Whether the gateway of either end has keys. */
export function hasKeys(found: GatewayServer | GatewayClient | undefined): boolean {
  return found?.status?.secretRef?.name !== undefined;
}

/** Of a server that has an address. One that is there keeps its name. */
export function wantedClient(
  client: Side,
  present: GatewayClient | undefined,
  { status }: GatewayServer,
  options: NetworkOptions,
): GatewayClient {
  const endpoint = status?.endpoint;
  const [first = options.port, ...further] = portsOf(endpoint);
  return forgeGatewayClient(client.peerId, client.namespace, {
    name: present?.metadata?.name ?? client.peerId,
    mtu: options.mtu,
    addresses: options.clientAddress === undefined ? (endpoint?.addresses ?? []) : [options.clientAddress],
    ports: [options.clientPort ?? first, ...further],
    listsPorts: present?.spec?.endpoint?.ports !== undefined,
    protocol: endpoint?.protocol ?? "UDP",
    tcpCarrierPort: options.usesTcpCarrier ? (options.clientTcpPort ?? endpoint?.tcpPort) : undefined,
    template: placed(options.clientTemplate, client),
  });
}

/** Resolves when it has keys. */
export async function ensureClient(
  ctx: Context,
  client: Side,
  server: GatewayServer,
  options: NetworkOptions,
): Promise<GatewayClient> {
  const wanted = wantedClient(client, await findOne(ctx, client, gatewayClients), server, options);
  await client.cluster.client.apply(ctx, gatewayClients, wanted);
  const ready = await waitFor(
    ctx,
    client.cluster.client,
    gatewayClients,
    { namespace: client.namespace, name: wanted.metadata?.name ?? "" },
    {
      until: hasKeys,
      timeoutMs: options.timeoutMs,
      what: "no keys",
    },
  );
  return ready ?? wanted;
}

function placed({ name, namespace }: Template, { cluster }: Side): { name: string; namespace: string } {
  return { name, namespace: namespace ?? cluster.liqoNamespace };
}

/** Gives each gateway the public key of the other. */
export async function exchangeKeys(
  ctx: Context,
  server: { readonly side: Side; readonly gateway: GatewayServer },
  client: { readonly side: Side; readonly gateway: GatewayClient },
  timeoutMs: number,
): Promise<void> {
  const [serverKey, clientKey] = [
    await publicKeyOf(ctx, server.side.cluster.client, server.gateway, timeoutMs),
    await publicKeyOf(ctx, client.side.cluster.client, client.gateway, timeoutMs),
  ];
  await ensurePublicKey(ctx, client.side, serverKey, { kind: "GatewayClient", ...client.gateway });
  await ensurePublicKey(ctx, server.side, clientKey, { kind: "GatewayServer", ...server.gateway });
}

async function ensurePublicKey(ctx: Context, side: Side, key: string, owner: KubeObject): Promise<void> {
  const name = (await findOne(ctx, side, publicKeys))?.metadata?.name ?? side.peerId;
  const wanted = forgePublicKey(side.peerId, side.namespace, name, key);
  const ownerReferences = [ownerReference({ apiVersion: "networking.liqo.io/v1beta1", ...owner })];
  await side.cluster.client.apply(ctx, publicKeys, {
    ...wanted,
    metadata: { ...wanted.metadata, ownerReferences },
  });
}
