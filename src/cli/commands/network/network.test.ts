import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { AT_CONSUMER, AT_PROVIDER, playNetwork, preparePeering, whilePlaying } from "#kit/play-peering.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";

const KINDS = [configurations, gatewayServers, gatewayClients, publicKeys] as readonly Resource<KubeObject>[];

describe("network connect, disconnect and reset", () => {
  let clusters: CliClusters;
  const run = (args: string, answer?: string) => clusters.liqoctl(`network ${args} --remote-context provider`, answer);

  before(async () => {
    clusters = await startCliClusters();
    await preparePeering(clusters);
  });
  after(() => clusters[Symbol.asyncDispose]());
  afterEach(async () => {
    for (const { client } of [clusters.consumer, clusters.provider])
      for (const kind of KINDS)
        for (const item of (await client.list(clusters.ctx, kind)).items)
          await client.deleteIfPresent(clusters.ctx, kind, keyOf(item));
  });

  /** `<kind> <name>` at consumer and provider. */
  async function present(): Promise<string[][]> {
    const of = async ({ client }: CliClusters["consumer"]) => {
      const lists = await Promise.all(KINDS.map((kind) => client.list(clusters.ctx, kind)));
      return lists.flatMap(({ items }, at) => items.map(({ metadata }) => `${KINDS[at]?.kind} ${metadata?.name}`));
    };
    return [await of(clusters.consumer), await of(clusters.provider)];
  }

  async function connect(more = ""): Promise<void> {
    const running = run(`connect --gw-server-service-type NodePort --timeout 30s${more}`);
    const { outcome } = await whilePlaying(
      running,
      () => playNetwork(clusters),
      ({ code }) => code !== 0,
    );
    assert.equal(outcome.code, 0, outcome.stderr);
  }

  const CONNECTED = [
    ["Configuration cluster-b", "GatewayClient cluster-b", "PublicKey cluster-b"],
    ["Configuration cluster-a", "GatewayServer cluster-a", "PublicKey cluster-a"],
  ];

  test("connect makes the remote cluster the server, and again changes nothing", async () => {
    await connect(" --wait --mtu 1300");
    assert.deepEqual(await present(), CONNECTED);
    const { client } = clusters.consumer;
    const before = await client.get(clusters.ctx, gatewayClients, AT_CONSUMER);
    assert.equal(before.spec?.mtu, 1300);
    const again = await run("connect --gw-server-service-type NodePort --wait --mtu 1300");
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /✓ Public keys exchanged .*✓ Connection established/s);
    const { metadata } = await client.get(clusters.ctx, gatewayClients, AT_CONSUMER);
    assert.equal(metadata?.uid, before.metadata?.uid);
  });

  test("global labels and annotations are on all that is made, and change nothing of Liqo's own", async () => {
    await connect(
      " --global-labels team=red,liqo.io/remote-cluster-id=other --global-labels a=b --global-annotations x=y",
    );
    const { metadata } = await clusters.consumer.client.get(clusters.ctx, configurations, AT_CONSUMER);
    assert.deepEqual(
      [metadata?.labels, metadata?.annotations],
      [{ team: "red", a: "b", "liqo.io/remote-cluster-id": "cluster-b" }, { x: "y" }],
    );
  });

  test("connect leaves the keys to others when it is told to", async () => {
    await connect(" --disable-sharing-keys --wait");
    assert.deepEqual(
      (await present()).flat().filter((line) => line.startsWith("PublicKey")),
      [],
    );
  });

  for (const [flags, port] of [
    ["", "30443"],
    [" --gw-client-tcp-port 443", "443"],
    [" --disable-tcp-carrier", undefined],
  ] as const)
    test(`connect${flags} tells the client of TCP port ${port} of the server`, async () => {
      await connect(" --wait");
      await connect(flags);
      const { metadata, spec } = await clusters.consumer.client.get(clusters.ctx, gatewayClients, AT_CONSUMER);
      assert.equal(metadata?.annotations?.["networking.liqo.io/tcp-carrier-port"], port);
      assert.deepEqual(spec?.endpoint, { addresses: ["172.18.0.3"], port: 30_001, protocol: "UDP" });
    });

  test("a gateway that somebody has made under another name is used", async () => {
    const labels = { "liqo.io/remote-cluster-id": "cluster-b" };
    await clusters.consumer.client.create(clusters.ctx, configurations, {
      metadata: { ...AT_CONSUMER, name: "mine", labels },
      spec: {},
    });
    const { stderr, code } = await run("connect --timeout 1s");
    assert.equal(code, 1);
    assert.match(stderr, /CIDRs not allocated within 1 s/);
    assert.deepEqual((await present())[0], ["Configuration mine"]);
  });

  test("disconnect keeps the configurations, reset does not; both are repeatable", async () => {
    await connect();
    const { code, stderr } = await run("disconnect --skip-confirm --wait");
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "✓ (local) Gateways removed (0.0s)\n✓ (remote) Gateways removed (0.0s)\n");
    assert.deepEqual(await present(), [["Configuration cluster-b"], ["Configuration cluster-a"]]);
    for (const _ of [1, 2]) assert.equal((await run("reset --wait", "yes")).code, 0);
    assert.deepEqual(await present(), [[], []]);
  });

  for (const verb of ["disconnect", "reset"])
    test(`${verb} asks first`, async () => {
      await clusters.consumer.client.create(clusters.ctx, configurations, { metadata: AT_CONSUMER, spec: {} });
      const { code, stderr } = await run(verb, "no");
      assert.equal(code, 1);
      assert.match(
        stderr,
        new RegExp(`^"network ${verb}" is a potentially destructive command.*canceled by the user`, "s"),
      );
      assert.deepEqual((await present())[0], ["Configuration cluster-b"]);
    });

  for (const [args, says] of [
    [
      "connect --gw-server-template-name nosuch",
      /WgGatewayServerTemplate liqo\/nosuch does not exist on https:\S+\n {2}`kubectl get wggatewayservertemplates -A`/,
    ],
    ["connect --gw-client-template-namespace off", /WgGatewayClientTemplate off\/wireguard-client does not exist/],
    [
      "connect --gw-server-service-loadbalancerip 10.0.0.9",
      /has no spec.template.spec.service.spec.loadBalancerIP, and --gw-server-service-loadbalancerip is given\n {2}add `\?loadBalancerIP`/,
    ],
    ["connect --gw-server-type v1/pods", /Allowed choices are networking.liqo.io\/v1beta1\/wggatewayservertemplates/],
    ["connect --global-labels team", /"team" is not key=value/],
    ["connect --mtu 10", /--mtu 10: must be from 576 to 65455/],
    ["connect -n off", /namespace off is not the tenant namespace of cluster cluster-b\n {2}leave the namespace out/],
    ["disconnect --remote-namespace off-cluster-a", /namespace off-cluster-a is not the tenant namespace of cluster/],
    ["connect --liqo-namespace off", /Liqo is not installed in namespace off of the cluster/],
    ["reset --context nowhere", /context "nowhere" does not exist/],
  ] as const)
    test(`network ${args} is refused before the first change`, async () => {
      const { code, stderr } = await run(args);
      assert.equal(code, 1);
      assert.match(stderr, says);
      assert.deepEqual(await present(), [[], []]);
    });

  test("two gateways for one peer are told of", async () => {
    for (const name of ["one", "two"])
      await clusters.provider.client.create(clusters.ctx, gatewayServers, {
        metadata: { ...AT_PROVIDER, name, labels: { "liqo.io/remote-cluster-id": "cluster-a" } },
        spec: {},
      } as KubeObject);
    const { stderr, code } = await run("connect");
    assert.equal(code, 1);
    assert.match(
      stderr,
      /has 2 gatewayservers for cluster-a: one, two\n {2}there may be one: `liqoctl delete gatewayserver/,
    );
  });
});

describe("network with few rights", () => {
  test("what may not be done is named before the first change", async () => {
    await using clusters = await startCliClusters({ forbidden: new Set(["gatewayservers"]) });
    const connect = await clusters.liqoctl("network connect --remote-context provider");
    assert.match(connect.stderr, /this user cannot create gatewayservers.networking.liqo.io in namespace liqo-tenant-/);
    const disconnect = await clusters.liqoctl("network disconnect --remote-context provider --skip-confirm");
    assert.match(disconnect.stderr, /this user cannot delete gatewayservers.networking.liqo.io in namespace/);
    assert.deepEqual([connect.code, disconnect.code], [1, 1]);
  });
});
