/** What the controllers of two clusters do while liqoctl peers them, played on API servers without any. For tests of commands. */
import { type Identity, identities } from "#api/authentication/identity.ts";
import { type ResourceSlice, resourceSlices } from "#api/authentication/resourceslice.ts";
import { type Tenant, tenants } from "#api/authentication/tenant.ts";
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { connections } from "#api/networking/connection.ts";
import { type GatewayClient, gatewayClients } from "#api/networking/gatewayclient.ts";
import { type GatewayServer, gatewayServers } from "#api/networking/gatewayserver.ts";
import { wgGatewayClientTemplates, wgGatewayServerTemplates } from "#api/networking/wggateway.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { silentLogger } from "#base/log.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { nodes, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { generateKeyPair } from "#pki/keys.ts";
import type { CliClusters } from "./cli-clusters.ts";
import { seen, TENANT_NAMESPACES } from "./two-clusters.ts";
import { createWithStatus, writeStatus } from "./with-status.ts";

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** Where most objects for the peer lie, and how they are called. */
export const AT_CONSUMER: Place = { namespace: TENANT_NAMESPACES.consumer, name: "cluster-b" };
export const AT_PROVIDER: Place = { namespace: TENANT_NAMESPACES.provider, name: "cluster-a" };

/** base64 */
export const GATEWAY_KEY = encoded("k".repeat(32));
/** As it stands in the Secret. */
export const NONCE = encoded(encoded("n".repeat(64)));
export const AUTH_PARAMS = { apiServer: "https://rome:6443" };

const NEVER = { signal: new AbortController().signal, log: silentLogger };

type Cluster = { readonly client: KubeClient };

/** What is there before: CIDRs, templates, keys, and a Connection that is in order. */
export async function preparePeering({ ctx, consumer, provider }: CliClusters): Promise<void> {
  for (const [{ client }, { namespace, name }, podCidr] of [
    [consumer, AT_CONSUMER, "10.244.0.0/16"],
    [provider, AT_PROVIDER, "10.245.0.0/16"],
  ] as const) {
    for (const [type, cidr] of [
      ["pod-cidr", podCidr],
      ["external-cidr", "10.70.0.0/16"],
    ] as const)
      await createWithStatus(ctx, client, networks, {
        metadata: { name: type, namespace: "liqo", labels: { "ipam.liqo.io/network-type": type } },
        spec: { cidr },
        status: { cidr },
      });
    const template = { spec: { service: { spec: { ports: [{ "?nodePort": "x" }] } } } };
    const [server, own] = ["wireguard-server", "wireguard-client"].map((each) => ({ name: each, namespace: "liqo" }));
    await client.create(ctx, wgGatewayServerTemplates, { metadata: { ...server }, spec: { template } });
    await client.create(ctx, wgGatewayClientTemplates, { metadata: { ...own } });
    const { privateKey } = generateKeyPair("ed25519");
    const metadata = { name: "authentication-keys", namespace: "liqo" };
    await client.create(ctx, secrets, { metadata, data: { privateKey: encoded(privateKey) } });
    const keys = { name: "gateway-keys", namespace };
    await client.create(ctx, secrets, { metadata: keys, data: { publicKey: GATEWAY_KEY } });
    await createWithStatus(ctx, client, connections, {
      metadata: { name: `gw-${name}`, namespace, labels: { "liqo.io/remote-cluster-id": name } },
      spec: { type: "Server", gatewayRef: {} },
      status: { value: "Connected" },
    });
  }
}

/** The object as it was made, once its status is written. */
export async function answer<T extends KubeObject>(
  { client }: Cluster,
  resource: Resource<T>,
  place: Place,
  status: object,
): Promise<T> {
  const object = await seen(client, resource, place);
  await writeStatus(NEVER, client, resource, place, status);
  return object;
}

export async function answerSecret({ client }: Cluster, place: Place, data: object): Promise<void> {
  await seen(client, secrets, place);
  await client.patch(NEVER, secrets, place, "merge", { data });
}

export interface PlayedNetwork {
  readonly server: GatewayServer;
  readonly client: GatewayClient;
}

export async function playNetwork({ consumer, provider }: CliClusters): Promise<PlayedNetwork> {
  const condition = { type: "NetworkCIDRsConfigured", status: "True", reason: "x", message: "" };
  const conditions = [{ ...condition, lastTransitionTime: "2026-01-01T00:00:00Z" }];
  await answer(consumer, configurations, AT_CONSUMER, { conditions });
  await answer(provider, configurations, AT_PROVIDER, { conditions });
  const endpoint = { addresses: ["172.18.0.3"], port: 30_001, protocol: "UDP", tcpPort: 30_443 };
  const keys = (namespace: string) => ({ secretRef: { name: "gateway-keys", namespace } });
  const server = await answer(provider, gatewayServers, AT_PROVIDER, { endpoint, ...keys(AT_PROVIDER.namespace) });
  const client = await answer(consumer, gatewayClients, AT_CONSUMER, keys(AT_CONSUMER.namespace));
  return { server, client };
}

export interface PlayedAuthentication {
  readonly tenant: Tenant;
  readonly identity: Identity;
}

export async function playAuthentication({ consumer, provider }: CliClusters): Promise<PlayedAuthentication> {
  await answerSecret(provider, { ...AT_PROVIDER, name: "liqo-nonce" }, { nonce: NONCE });
  // An earlier one may be there, which is replaced.
  const signed = { ...AT_CONSUMER, name: "liqo-signed-nonce" };
  await seen(consumer.client, secrets, signed, ({ data }) => data?.["nonce"] === NONCE);
  await answerSecret(consumer, signed, { signedNonce: NONCE });
  const { proxyURL } = (await seen(provider.client, tenants, AT_PROVIDER)).spec ?? {};
  const authParams = { ...AUTH_PARAMS, ...(proxyURL !== undefined && { proxyURL }) };
  const status = { authParams, tenantNamespace: AT_PROVIDER.namespace };
  const tenant = await answer(provider, tenants, AT_PROVIDER, status);
  const place = { ...AT_CONSUMER, name: "controlplane-cluster-b" };
  const identity = await answer(consumer, identities, place, { kubeconfigSecretRef: { name: "kubeconfig" } });
  return { tenant, identity };
}

export async function playOffloading({ ctx, consumer }: CliClusters): Promise<ResourceSlice> {
  const conditions = [{ type: "Resources", status: "Accepted" }];
  const slice = await answer(consumer, resourceSlices, AT_CONSUMER, { conditions });
  await consumer.client.create(ctx, virtualNodes, {
    metadata: { ...AT_CONSUMER, labels: { "liqo.io/resourceslice-name": "cluster-b" } },
    spec: { clusterID: "cluster-b", createNode: true },
  });
  const status = { conditions: [{ type: "Ready", status: "True" as const }] };
  await consumer.client.create(ctx, nodes, { metadata: { name: "cluster-b" }, status });
  return slice;
}

export function encoded(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** The outcome of what runs, and of what is played to it; a failure of either ends the wait. */
export async function whilePlaying<R, P>(
  running: Promise<R>,
  play: () => Promise<P>,
  isFailed: (outcome: R) => boolean,
): Promise<{ readonly outcome: R; readonly played: P | undefined }> {
  const playing = play();
  const early = await Promise.race([running, playing.then(() => undefined)]);
  if (early !== undefined && isFailed(early)) {
    // It waits for objects that will not come.
    playing.catch(() => undefined);
    return { outcome: early, played: undefined };
  }
  return { played: await playing, outcome: await running };
}
