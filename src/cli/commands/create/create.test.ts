import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { answer, answerSecret, encoded, GATEWAY_KEY, NONCE, preparePeering, whilePlaying } from "#kit/play-peering.ts";
import { TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { createWithStatus } from "#kit/with-status.ts";
import { namespaces, nodes, secrets } from "#machinery/builtin.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";

const KINDS = [
  configurations,
  gatewayServers,
  gatewayClients,
  publicKeys,
  resourceSlices,
  identities,
  virtualNodes,
] as readonly Resource<KubeObject>[];
const NAMESPACE = TENANT_NAMESPACES.consumer;
const PEER = "--remote-cluster-id cluster-b";
const CIDRS = "--pod-cidr 10.244.0.0/16 --external-cidr 10.70.0.0/16";
const labels = { "liqo.io/remote-cluster-id": "cluster-b" };

describe("create", () => {
  let clusters: CliClusters;
  const create = (args: string) => clusters.liqoctl(`create ${args}`);

  before(async () => {
    clusters = await startCliClusters();
    await preparePeering(clusters);
  });
  after(() => clusters[Symbol.asyncDispose]());
  afterEach(async () => {
    const { client } = clusters.consumer;
    for (const kind of KINDS)
      for (const item of (await client.list(clusters.ctx, kind)).items)
        await client.deleteIfPresent(clusters.ctx, kind, keyOf(item));
  });

  for (const [args, resource, name, spec] of [
    [
      `configuration rome ${PEER} ${CIDRS}`,
      configurations,
      "rome",
      { remote: { cidr: { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] } } },
    ],
    [
      `gws rome ${PEER} --service-type NodePort --node-port 30001 --mtu 1300 --template-namespace other`,
      gatewayServers,
      "rome",
      {
        endpoint: { port: 51_840, serviceType: "NodePort", nodePort: 30_001 },
        mtu: 1300,
        serverTemplateRef: {
          apiVersion: "networking.liqo.io/v1beta1",
          kind: "WgGatewayServerTemplate",
          name: "wireguard-server",
          namespace: "other",
        },
      },
    ],
    [
      `gatewayclient rome ${PEER} --addresses 172.18.0.3,172.18.0.4 --port 30001`,
      gatewayClients,
      "rome",
      {
        endpoint: { addresses: ["172.18.0.3", "172.18.0.4"], port: 30_001, protocol: "UDP" },
        mtu: 1340,
        clientTemplateRef: {
          apiVersion: "networking.liqo.io/v1beta1",
          kind: "WgGatewayClientTemplate",
          name: "wireguard-client",
          namespace: "liqo",
        },
      },
    ],
    [`publickey rome ${PEER} --public-key ${GATEWAY_KEY}`, publicKeys, "rome", { publicKey: GATEWAY_KEY }],
  ] as const) {
    test(`create ${args} makes it, once`, async () => {
      const { ctx, consumer } = clusters;
      const printed = await create(`${args} -o json`);
      assert.equal(printed.code, 0, printed.stderr);
      const wanted = JSON.parse(printed.stdout);
      const { labels: own, ...place } = wanted.metadata;
      assert.deepEqual([place, own["liqo.io/remote-cluster-id"]], [{ name, namespace: NAMESPACE }, "cluster-b"]);
      assert.deepEqual(wanted.spec, spec);
      for (const _ of [1, 2]) {
        const { code, stderr } = await create(args);
        assert.equal(code, 0, stderr);
        assert.match(stderr, new RegExp(`^✓ \\(local\\) ${resource.kind} rome created`));
      }
      const found = await consumer.client.get<KubeObject & { spec?: object }>(ctx, resource as Resource<KubeObject>, {
        namespace: NAMESPACE,
        name,
      });
      assert.deepEqual([found.metadata?.labels, found.spec], [own, spec]);
    });
  }

  test("a gatewayclient is told of the TCP port of its server", async () => {
    const args = `gatewayclient rome ${PEER} --addresses 172.18.0.3 --port 30001 --tcp-carrier-port 443 -o json`;
    const { metadata } = JSON.parse((await create(args)).stdout) as KubeObject;
    assert.deepEqual(metadata?.annotations, { "networking.liqo.io/tcp-carrier-port": "443" });
  });

  test("what is made for a cluster that is new here makes its namespace, and -o prints that too", async () => {
    const { ctx, consumer } = clusters;
    const args = `publickey oslo --remote-cluster-id oslo --public-key ${GATEWAY_KEY}`;
    const [namespace, key] = parseAllDocuments((await create(`${args} -o yaml`)).stdout).map((each) => each.toJSON());
    assert.deepEqual([namespace.kind, namespace.metadata.name], ["Namespace", "liqo-tenant-oslo"]);
    assert.equal(key.metadata.namespace, "liqo-tenant-oslo");
    assert.equal(JSON.parse((await create(`${args} -o json`)).stdout).kind, "List");
    assert.equal(await consumer.client.find(ctx, namespaces, { name: "liqo-tenant-oslo" }), undefined);
    assert.equal((await create(args)).code, 0);
    const made = await consumer.client.get(ctx, namespaces, { name: "liqo-tenant-oslo" });
    assert.equal(made.metadata?.labels?.["liqo.io/remote-cluster-id"], "oslo");
  });

  test("create gatewayserver --wait waits for an address and keys", async () => {
    const endpoint = { addresses: ["172.18.0.3"], port: 30_001, protocol: "UDP" };
    const status = { endpoint, secretRef: { name: "gateway-keys", namespace: NAMESPACE } };
    const { outcome } = await whilePlaying(
      create(`gatewayserver rome ${PEER} --wait`),
      () => answer(clusters.consumer, gatewayServers, { namespace: NAMESPACE, name: "rome" }, status),
      ({ code }) => code !== 0,
    );
    assert.match(outcome.stderr, /✓ \(local\) It has an address and keys/);
  });

  test("create nonce prints the nonce, the same at each run", async () => {
    const place = { namespace: NAMESPACE, name: "liqo-nonce" };
    const { outcome } = await whilePlaying(
      create(`nonce ${PEER}`),
      () => answerSecret(clusters.consumer, place, { nonce: NONCE }),
      ({ code }) => code !== 0,
    );
    assert.equal(outcome.stdout, `${Buffer.from(NONCE, "base64").toString()}\n`);
    assert.equal((await create(`nonce ${PEER}`)).stdout, outcome.stdout);
    assert.equal((await clusters.liqoctl(`get nonce ${PEER}`)).stdout, outcome.stdout);
    assert.equal(parse((await create(`nonce ${PEER} -o yaml`)).stdout).metadata.name, "liqo-nonce");
    await clusters.consumer.client.delete(clusters.ctx, secrets, place);
  });

  test("create resourceslice asks, and shows what is granted; again with more changes it", async () => {
    const { ctx, consumer } = clusters;
    const place = { namespace: NAMESPACE, name: "gpus" };
    const status = {
      conditions: [{ type: "Resources", status: "Accepted" }],
      resources: { cpu: "8", "nvidia.com/gpu": "2" },
    };
    const { outcome } = await whilePlaying(
      create(`rs gpus ${PEER} --cpu 8 --resource nvidia.com/gpu=2`),
      () => answer(consumer, resourceSlices, place, status),
      ({ code }) => code !== 0,
    );
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.equal(outcome.stdout, "RESOURCE         GRANTED\ncpu              8\nnvidia.com/gpu   2\n");
    assert.equal((await create(`rs gpus ${PEER} --cpu 9`)).code, 0);
    const { metadata, spec } = await consumer.client.get(ctx, resourceSlices, place);
    assert.deepEqual(spec?.resources, { cpu: "9" });
    assert.equal(metadata?.annotations?.["liqo.io/create-virtual-node"], "true");
  });

  test("a slice that the provider denies is an error that says why", async () => {
    const place = { namespace: NAMESPACE, name: "rome" };
    const conditions = [{ type: "Resources", status: "Denied", message: "the tenant is cordoned" }];
    const { outcome } = await whilePlaying(
      create(`rs rome ${PEER}`),
      () => answer(clusters.consumer, resourceSlices, place, { conditions }),
      ({ code }) => code !== 0,
    );
    assert.equal(outcome.code, 1);
    assert.match(
      outcome.stderr,
      /the provider denies the resources: the tenant is cordoned\n {2}where it has cordoned/,
    );
  });

  /** A slice that was accepted, and its Identity. */
  async function accepted(name: string): Promise<void> {
    const { ctx, consumer } = clusters;
    await createWithStatus(ctx, consumer.client, resourceSlices, {
      metadata: { namespace: NAMESPACE, name, labels },
      spec: { class: "default", providerClusterID: "cluster-b" },
      status: {
        conditions: [{ type: "Resources", status: "Accepted" }],
        resources: { cpu: "4" },
        nodeLabels: { "topology.kubernetes.io/zone": "a" },
      },
    });
    await createWithStatus(ctx, consumer.client, identities, {
      metadata: { namespace: NAMESPACE, name: `resourceslice-${name}`, labels },
      spec: { clusterID: "cluster-b", type: "ResourceSlice", authParams: { apiServer: "" } },
      status: { kubeconfigSecretRef: { name: "kubeconfig-of-slice" } },
    } as never);
  }

  test("create virtualnode of a slice takes what was granted, and waits for the node", async () => {
    const { ctx, consumer } = clusters;
    await accepted("rome");
    const args = `virtualnode liqo-rome ${PEER} --resource-slice-name rome`;
    const play = () =>
      consumer.client.create(ctx, nodes, {
        metadata: { name: "liqo-rome", labels: { "liqo.io/type": "virtual-node" } },
        status: { conditions: [{ type: "Ready", status: "True" as const }] },
      });
    const { outcome } = await whilePlaying(create(args), play, ({ code }) => code !== 0);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.match(outcome.stderr, /✓ \(local\) Node liqo-rome is ready/);
    const node = await consumer.client.get(ctx, virtualNodes, { namespace: NAMESPACE, name: "liqo-rome" });
    assert.deepEqual(node.spec?.resourceQuota, { hard: { cpu: "4" } });
    assert.deepEqual(node.spec?.kubeconfigSecretRef, { name: "kubeconfig-of-slice" });
    assert.deepEqual(node.spec?.labels, { "topology.kubernetes.io/zone": "a", ...labels });
    assert.deepEqual(
      node.metadata?.ownerReferences?.map(({ kind }) => kind),
      ["ResourceSlice"],
    );
    assert.equal((await create(args)).code, 0);
    await consumer.client.delete(ctx, nodes, { name: "liqo-rome" });
  });

  test("create virtualnode of a Secret offers what the flags say", async () => {
    const { ctx, consumer } = clusters;
    const metadata = { namespace: NAMESPACE, name: "kubeconfig-mine" };
    await consumer.client.create(ctx, secrets, { metadata, data: { kubeconfig: encoded("x") } });
    const classes = "--storage-classes fast,slow --ingress-classes nginx --load-balancer-classes metal";
    const more = "--labels zone=a --node-selector disk=ssd --runtime-class-name kata --create-node=false";
    const args = `vn mine ${PEER} --kubeconfig-secret-name kubeconfig-mine --memory 8Gi ${classes} ${more}`;
    const { code, stderr } = await create(args);
    assert.equal(code, 0, stderr);
    const { spec } = await consumer.client.get(ctx, virtualNodes, { namespace: NAMESPACE, name: "mine" });
    assert.deepEqual(spec, {
      clusterID: "cluster-b",
      createNode: false,
      disableNetworkCheck: false,
      kubeconfigSecretRef: { name: "kubeconfig-mine" },
      labels: { zone: "a", ...labels },
      resourceQuota: { hard: { cpu: "2", memory: "8Gi", pods: "110" } },
      storageClasses: [{ storageClassName: "fast", default: true }, { storageClassName: "slow" }],
      ingressClasses: [{ ingressClassName: "nginx", default: true }],
      loadBalancerClasses: [{ loadBalancerClassName: "metal", default: true }],
      offloadingPatch: { nodeSelector: { disk: "ssd" }, runtimeClassName: "kata" },
    });
  });

  test("names that clash are refused", async () => {
    const { ctx, consumer } = clusters;
    const { client } = consumer;
    const metadata = { namespace: NAMESPACE, name: "taken", labels: { "liqo.io/remote-cluster-id": "oslo" } };
    await client.create(ctx, configurations, { metadata, spec: {} });
    await client.create(ctx, configurations, { metadata: { ...metadata, name: "first", labels }, spec: {} });
    const sent = { ...labels, "liqo.io/replicated": "true" };
    await client.create(ctx, resourceSlices, { metadata: { ...metadata, labels: sent }, spec: { class: "x" } });
    await client.create(ctx, nodes, { metadata: { name: "worker" } });
    const secret = { namespace: NAMESPACE, name: "kubeconfig-taken" };
    await client.create(ctx, secrets, { metadata: secret, data: { kubeconfig: encoded("x") } });
    for (const [args, says] of [
      [
        `configuration taken ${PEER} ${CIDRS}`,
        /Configuration \S+\/taken is there already: it is for cluster oslo\n {2}choose/,
      ],
      [
        `configuration second ${PEER} ${CIDRS}`,
        /has the Configuration first already, and there may be one\n {2}name that one/,
      ],
      [`rs taken ${PEER}`, /ResourceSlice \S+\/taken is there already: cluster cluster-b has sent it/],
      [
        `vn worker ${PEER} --kubeconfig-secret-name kubeconfig-taken`,
        /node worker is there already, and is none of Liqo's/,
      ],
    ] as const) {
      const { code, stderr } = await create(args);
      assert.equal(code, 1);
      assert.match(stderr, says);
    }
    await client.delete(ctx, nodes, { name: "worker" });
  });

  for (const [args, says] of [
    [`configuration rome ${CIDRS}`, /required option '--remote-cluster-id <id>' not specified/],
    [
      `configuration rome ${PEER} --pod-cidr banana --external-cidr 10.70.0.0/16`,
      /must be an IPv4 CIDR such as 10.244/,
    ],
    [`configuration rome ${PEER} ${CIDRS} -n off`, /namespace off is not the tenant namespace of cluster cluster-b/],
    [`configuration rome --remote-cluster-id cluster-a ${CIDRS}`, /"cluster-a" is the cluster itself\n {2}give the id/],
    [`configuration rome ${PEER} ${CIDRS} --liqo-namespace off`, /Liqo is not installed in namespace off/],
    [
      `configuration rome --remote-cluster-id= ${CIDRS}`,
      /--remote-cluster-id "": must be the id of the peer\n {2}give/,
    ],
    [`configuration ${PEER} ${CIDRS}`, /missing required argument 'name'/],
    [`gatewayserver rome ${PEER} --mtu 1`, /--mtu 1: must be from 576 to 65455/],
    [`gatewayserver rome ${PEER} --service-type ExternalName`, /Allowed choices are LoadBalancer, NodePort, ClusterIP/],
    [`gatewayserver Rome_1 ${PEER}`, /metadata.name: Invalid value: "Rome_1"/],
    [`gatewayserver rome ${PEER} --wait --timeout 100ms`, /no address or no keys .* within 0 s/],
    [`gatewayclient rome ${PEER} --port 1 --addresses ,`, /must be one address or more/],
    [`gatewayclient rome ${PEER} --port 0 --addresses 1.2.3.4`, /must be a port from 1 to 65535/],
    [`publickey rome ${PEER} --public-key abc`, /must be base64 of 32 bytes/],
    ["rs rome --remote-cluster-id nobody", /there is no tenant namespace of cluster nobody\n {2}check the id/],
    [`rs rome ${PEER} --cpu lots`, /cpu "lots": must be a quantity/],
    [`rs rome ${PEER} --timeout 100ms`, /not answered by the provider .* within 0 s/],
    [`vn rome ${PEER}`, /give --resource-slice-name or --kubeconfig-secret-name: one of the two/],
    [`vn rome ${PEER} --resource-slice-name a --kubeconfig-secret-name b`, /one of the two/],
    [
      `vn rome ${PEER} --resource-slice-name nosuch`,
      /there is no ResourceSlice nosuch that asks cluster-b for resources/,
    ],
    [`vn rome ${PEER} --resource-slice-name a --cpu 3`, /--cpu and --resource-slice-name: a node of a slice offers/],
    [`vn rome ${PEER} --kubeconfig-secret-name nosuch`, /Secret \S+\/nosuch does not exist\n {2}`kubectl get secrets/],
    [`vn rome ${PEER} --kubeconfig-secret-name gateway-keys`, /has no key kubeconfig/],
    [`vn rome ${PEER} --kubeconfig-secret-name gateway-keys --pods many`, /pods "many": must be a quantity/],
  ] as const)
    test(`create ${args} is refused`, async () => {
      const { code, stderr } = await create(args);
      assert.equal(code, 1);
      assert.match(stderr, says);
    });

  test("a slice that is not accepted yet makes no node", async () => {
    const { ctx, consumer } = clusters;
    const metadata = { namespace: NAMESPACE, name: "rome", labels };
    await consumer.client.create(ctx, resourceSlices, { metadata, spec: { class: "default" } });
    const { stderr } = await create(`vn rome ${PEER} --resource-slice-name rome`);
    assert.match(stderr, /ResourceSlice rome is not accepted: the provider has not answered/);
  });

  test("a template of options that is not there is named", async () => {
    await accepted("rome");
    const args = `vn rome ${PEER} --resource-slice-name rome --vk-options-template`;
    assert.match(
      (await create(`${args} nosuch`)).stderr,
      /"nosuch": must be a namespace and a name\n {2}such as liqo\//,
    );
    assert.match(
      (await create(`${args} liqo/nosuch`)).stderr,
      /VkOptionsTemplate liqo\/nosuch does not exist on https/,
    );
  });
});

test("create names the rights that are missing", async () => {
  await using clusters = await startCliClusters({ forbidden: new Set(["configurations"]) });
  const args = `create configuration milan --context provider --remote-cluster-id oslo ${CIDRS}`;
  const { code, stderr } = await clusters.liqoctl(args);
  assert.equal(code, 1);
  assert.match(stderr, /cannot create configurations.networking.liqo.io in namespace liqo-tenant-oslo\n {2}use the/);
});
