import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { tenants } from "#api/authentication/tenant.ts";
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { connections } from "#api/networking/connection.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { wgGatewayClientTemplates, wgGatewayServerTemplates } from "#api/networking/wggateway.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { seen, TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { createWithStatus, writeStatus } from "#kit/with-status.ts";
import type { KubeClient } from "#kube/client/client.ts";
import { nodes, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import type { KubeObject } from "#machinery/meta.ts";
import { generateKeyPair } from "#pki/keys.ts";

interface Key {
  readonly namespace: string;
  readonly name: string;
}

const AT_CONSUMER: Key = { namespace: TENANT_NAMESPACES.consumer, name: "cluster-b" };
const AT_PROVIDER: Key = { namespace: TENANT_NAMESPACES.provider, name: "cluster-a" };

describe("peer", () => {
  let clusters: CliClusters;

  before(async () => {
    clusters = await startCliClusters();
    await prepare(clusters.consumer.client, AT_CONSUMER, "10.244.0.0/16");
    await prepare(clusters.provider.client, AT_PROVIDER, "10.245.0.0/16");
  });
  after(() => clusters[Symbol.asyncDispose]());

  /** What is there before, and what controllers would make in their own time. */
  async function prepare(client: KubeClient, key: Key, podCidr: string): Promise<void> {
    const { ctx } = clusters;
    for (const [type, cidr] of [
      ["pod-cidr", podCidr],
      ["external-cidr", "10.70.0.0/16"],
    ] as const)
      await createWithStatus(ctx, client, networks, {
        metadata: { name: type, namespace: "liqo", labels: { "ipam.liqo.io/network-type": type } },
        spec: { cidr },
        status: { cidr },
      });
    const encoded = (text: string) => Buffer.from(text).toString("base64");
    const { privateKey } = generateKeyPair("ed25519");
    const metadata = { name: "authentication-keys", namespace: "liqo" };
    await client.create(ctx, secrets, { metadata, data: { privateKey: encoded(privateKey) } });
    const { namespace, name } = key;
    const port = { "?nodePort": "x" };
    const template = { spec: { service: { spec: { ports: [port] } } } };
    await client.create(ctx, wgGatewayServerTemplates, {
      metadata: { name: "wireguard-server", namespace: "liqo" },
      spec: { template },
    });
    await client.create(ctx, wgGatewayClientTemplates, { metadata: { name: "wireguard-client", namespace: "liqo" } });
    const publicKey = encoded("k".repeat(32));
    await client.create(ctx, secrets, { metadata: { name: "gateway-keys", namespace }, data: { publicKey } });
    await createWithStatus(ctx, client, connections, {
      metadata: { name: `gw-${name}`, namespace, labels: { "liqo.io/remote-cluster-id": name } },
      spec: { type: "Server", gatewayRef: {} },
      status: { value: "Connected" },
    });
  }

  async function answer<T extends KubeObject>(
    { client }: { readonly client: KubeClient },
    resource: Resource<T>,
    key: Key,
    status: object,
  ): Promise<T> {
    const object = await seen(client, resource, key);
    await writeStatus(clusters.ctx, client, resource, key, status);
    return object;
  }

  async function answerSecret({ client }: { readonly client: KubeClient }, key: Key, data: object) {
    await seen(client, secrets, key);
    await client.patch(clusters.ctx, secrets, key, "merge", { data });
  }

  async function playNetwork(): Promise<void> {
    const { consumer, provider } = clusters;
    const condition = { type: "NetworkCIDRsConfigured", status: "True", reason: "x", message: "" };
    const conditions = [{ ...condition, lastTransitionTime: "2026-01-01T00:00:00Z" }];
    await answer(consumer, configurations, AT_CONSUMER, { conditions });
    await answer(provider, configurations, AT_PROVIDER, { conditions });
    const secretRef = { name: "gateway-keys", namespace: AT_PROVIDER.namespace };
    const endpoint = { addresses: ["172.18.0.3"], port: 30_001, protocol: "UDP" };
    const server = await answer(provider, gatewayServers, AT_PROVIDER, { endpoint, secretRef });
    assert.deepEqual(server.spec?.endpoint, { port: 51_840, serviceType: "NodePort", nodePort: 30_001 });
    const client = await answer(consumer, gatewayClients, AT_CONSUMER, {
      secretRef: { ...secretRef, ...AT_CONSUMER, name: "gateway-keys" },
    });
    assert.deepEqual(client.spec?.endpoint, { addresses: ["172.18.0.3"], port: 30_001, protocol: "UDP" });
  }

  async function playAuthentication(): Promise<void> {
    const { consumer, provider } = clusters;
    const nonce = Buffer.from("nonce").toString("base64");
    await answerSecret(provider, { ...AT_PROVIDER, name: "liqo-nonce" }, { nonce });
    await answerSecret(consumer, { ...AT_CONSUMER, name: "liqo-signed-nonce" }, { nonce, signedNonce: nonce });
    const authParams = { ca: "", apiServer: "https://rome:6443", signedCRT: "" };
    const tenant = await answer(provider, tenants, AT_PROVIDER, { authParams, tenantNamespace: AT_PROVIDER.namespace });
    assert.equal(tenant.spec?.proxyURL, "http://proxy:8118");
    const identity = { ...AT_CONSUMER, name: "controlplane-cluster-b" };
    await answer(consumer, identities, identity, { kubeconfigSecretRef: { name: "kubeconfig" } });
  }

  async function playOffloading(): Promise<void> {
    const { ctx, consumer } = clusters;
    const conditions = [{ type: "Resources", status: "Accepted" }];
    const slice = await answer(consumer, resourceSlices, AT_CONSUMER, { conditions });
    assert.deepEqual(slice.spec?.resources, { cpu: "8", memory: "16Gi", "nvidia.com/gpu": "1" });
    await consumer.client.create(ctx, virtualNodes, {
      metadata: { ...AT_CONSUMER, labels: { "liqo.io/resourceslice-name": "cluster-b" } },
      spec: { clusterID: "cluster-b", createNode: true },
    });
    const status = { conditions: [{ type: "Ready", status: "True" as const }] };
    await consumer.client.create(ctx, nodes, { metadata: { name: "cluster-b" }, status });
  }

  test("peer goes from two clusters to a node, step by step, and once more over what is there", async () => {
    const { ctx, consumer, provider, liqoctl } = clusters;
    const server = "--gw-server-service-type NodePort --gw-server-service-nodeport 30001";
    const resources = "--cpu 8 --memory 16Gi --resource nvidia.com/gpu=1 --proxy-url http://proxy:8118";
    const args = `peer --remote-context provider ${server} ${resources} --timeout 30s`;
    const running = liqoctl(args);
    const playing = (async () => {
      await playNetwork();
      await playAuthentication();
      await playOffloading();
    })();
    const outcome = await Promise.race([running, playing.then(() => running)]);
    await playing;
    assert.equal(outcome.code, 0, outcome.stderr);
    const steps = [
      "✓ Clusters identified",
      "✓ Network configurations exchanged",
      "✓ (remote) Gateway server is ready",
      "✓ (local) Gateway client is set up",
      "✓ Public keys exchanged",
      "✓ (remote) Nonce generated",
      "✓ (local) Nonce signed",
      "✓ (remote) Tenant accepted",
      "✓ (local) Identity created",
      "✓ (local) Resources granted",
      "✓ Connection established",
      "✓ (local) Virtual node created",
      "✓ (local) Node cluster-b is ready",
    ];
    assert.deepEqual(
      outcome.stderr.trimEnd().split("\n"),
      steps.map((step) => `${step} (0.0s)`),
    );
    assert.match(outcome.stdout, /^\nPeered: cluster-a \(consumer\) uses resources of cluster-b \(provider\)\.\n/);
    assert.match(outcome.stdout, /cluster-a now has the node cluster-b: kubectl get node cluster-b\n/);
    for (const [{ client }, key] of [
      [consumer, AT_CONSUMER],
      [provider, AT_PROVIDER],
    ] as const)
      assert.equal(
        (await client.get(ctx, publicKeys, key)).spec?.publicKey,
        Buffer.from("k".repeat(32)).toString("base64"),
      );
    assert.equal((await liqoctl(args)).code, 0);
  });

  for (const [args, says] of [
    ["peer", "the remote cluster is not named\n  give --remote-kubeconfig"],
    [
      "peer --remote-context consumer",
      'both clusters have the id "cluster-a"\n  --remote-kubeconfig or --remote-context',
    ],
    ["peer --remote-context provider --cpu lots", 'cpu "lots": must be a quantity\n  such as 500m, 2 or 4Gi\n'],
    ["peer --remote-context provider --resource gpu=-1", 'gpu "-1": must be a quantity'],
    ["peer --remote-context provider --mtu 5", "--mtu 5: must be from 576 to 65455"],
    ["peer --remote-context provider -n default", "Liqo is not installed in namespace default of the cluster https://"],
    ["peer --remote-context provider --remote-namespace off-cluster-a", "not installed in namespace off-cluster-a"],
    ["peer --remote-context nowhere", 'context "nowhere" does not exist\n  check --kubeconfig and --context'],
  ] as const) {
    test(`${args} is refused before the first change`, async () => {
      const { code, stderr } = await clusters.liqoctl(args);
      assert.equal(code, 1);
      assert.ok(stderr.includes(says), stderr);
    });
  }
});

describe("peer with few rights", () => {
  let clusters: CliClusters;

  before(async () => {
    clusters = await startCliClusters({ forbidden: new Set(["tenants"]) });
  });
  after(() => clusters[Symbol.asyncDispose]());

  test("rights that are missing at either cluster are named before the first change", async () => {
    const { code, stderr } = await clusters.liqoctl("peer --remote-context provider");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /missing rights on https:\S+: this user cannot create tenants.authentication.liqo.io in namespace liqo-tenant-cluster-a\n {2}use/,
    );
  });
});
