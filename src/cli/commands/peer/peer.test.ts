import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { publicKeys } from "#api/networking/publickey.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import {
  AT_CONSUMER,
  AT_PROVIDER,
  GATEWAY_KEY,
  playAuthentication,
  playNetwork,
  playOffloading,
  preparePeering,
  whilePlaying,
} from "#kit/play-peering.ts";

describe("peer", () => {
  let clusters: CliClusters;

  before(async () => {
    clusters = await startCliClusters();
    await preparePeering(clusters);
  });
  after(() => clusters[Symbol.asyncDispose]());

  test("peer goes from two clusters to a node, step by step, and once more over what is there", async () => {
    const { ctx, consumer, provider, liqoctl } = clusters;
    const server = "--gw-server-service-type NodePort --gw-server-service-nodeport 30001";
    const resources = "--cpu 8 --memory 16Gi --resource nvidia.com/gpu=1 --proxy-url http://proxy:8118";
    const args = `peer --remote-context provider ${server} ${resources} --timeout 30s`;
    const play = async () => ({
      ...(await playNetwork(clusters)),
      ...(await playAuthentication(clusters)),
      slice: await playOffloading(clusters),
    });
    const { outcome, played } = await whilePlaying(liqoctl(args), play, ({ code }) => code !== 0);
    assert.equal(outcome.code, 0, outcome.stderr);
    assert.deepEqual(played?.server.spec?.endpoint, { port: 51_840, serviceType: "NodePort", nodePort: 30_001 });
    assert.deepEqual(played?.client.spec?.endpoint, { addresses: ["172.18.0.3"], port: 30_001, protocol: "UDP" });
    assert.equal(played?.tenant.spec?.proxyURL, "http://proxy:8118");
    assert.deepEqual(played?.slice.spec?.resources, { cpu: "8", memory: "16Gi", "nvidia.com/gpu": "1" });
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
      assert.equal((await client.get(ctx, publicKeys, key)).spec?.publicKey, GATEWAY_KEY);
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
