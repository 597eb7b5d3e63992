import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { identities } from "#api/authentication/identity.ts";
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { foreignClusters } from "#api/core/foreigncluster.ts";
import { networks } from "#api/ipam/network.ts";
import { configurations } from "#api/networking/configuration.ts";
import { connections } from "#api/networking/connection.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { VERSION } from "#base/version.ts";
import { base64 } from "#forge/authentication.ts";
import { type CliClusters, startCliClusters } from "#kit/cli-clusters.ts";
import { TENANT_NAMESPACES } from "#kit/two-clusters.ts";
import { createWithStatus } from "#kit/with-status.ts";
import { deployments, pods, serviceAccounts } from "#machinery/builtin.ts";
import { createCa } from "#pki/certificate.ts";
import { moduleAlerts, moduleStatus, networkStatus } from "./info.ts";
import { getPath } from "./output.ts";
import { rootOf } from "./peer.ts";

const namespace = TENANT_NAMESPACES.consumer;
const labels = { "liqo.io/remote-cluster-id": "cluster-b" };

describe("info and version", () => {
  let clusters: CliClusters;

  before(async () => {
    clusters = await startCliClusters();
    await installed();
    await peered();
  });
  after(() => clusters[Symbol.asyncDispose]());

  async function installed(): Promise<void> {
    const { ctx, consumer } = clusters;
    const { client } = consumer;
    await client.create(ctx, serviceAccounts, { metadata: { name: "default", namespace: "liqo" } });
    const args = ["--cluster-id=cluster-a", "--cluster-labels=region=eu,tier=gold"];
    const containers = [{ name: "manager", image: "liqo/controller-manager:v1.1.0", args }];
    await client.create(ctx, deployments, {
      metadata: { name: "liqo-controller-manager", namespace: "liqo" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: { metadata: { labels: { a: "b" } }, spec: { containers } },
      },
    });
    await client.create(ctx, pods, {
      metadata: { name: "liqo-fabric-1", namespace: "liqo" },
      spec: { containers: [{ name: "fabric", image: "liqo/fabric" }] },
    });
    for (const [type, cidr] of [
      ["pod-cidr", "10.244.0.0/16"],
      ["service-cidr", "10.96.0.0/12"],
      ["external-cidr", "10.70.0.0/16"],
    ] as const)
      await createWithStatus(ctx, client, networks, {
        metadata: { name: type, namespace: "liqo", labels: { "ipam.liqo.io/network-type": type } },
        spec: { cidr },
        status: { cidr },
      });
  }

  async function peered(): Promise<void> {
    const { ctx, consumer } = clusters;
    const { client } = consumer;
    const message = "the tunnel is down";
    await createWithStatus(ctx, client, foreignClusters, {
      metadata: { name: "cluster-b", labels },
      spec: { clusterID: "cluster-b" },
      status: {
        role: "Provider",
        apiServerUrl: "https://10.0.0.2:6443",
        foreignProxyUrl: "http://10.71.0.3:8118",
        conditions: [{ type: "APIServerStatus", status: "Established" }],
        modules: {
          networking: { enabled: true, conditions: [{ type: "NetworkConnectionStatus", status: "NotReady", message }] },
          authentication: { enabled: true, conditions: [{ type: "AuthTenantStatus", status: "Established" }] },
          offloading: { enabled: false },
        },
      },
    });
    const annotations = {
      "networking.liqo.io/carrier": "TCP 172.18.0.2:443",
      "networking.liqo.io/carriers-tried": "UDP 172.18.0.2:30001: no handshake, TCP 172.18.0.2:443: connected",
    };
    const timestamp = "2026-01-01T00:00:00Z";
    await createWithStatus(ctx, client, connections, {
      metadata: { name: "gw-cluster-b", namespace, labels, annotations },
      spec: { type: "Client", gatewayRef: {} },
      status: {
        value: "Connected",
        latency: { value: "1.2ms", timestamp },
        mtu: { value: 1312, origin: "Measured", timestamp },
      },
    });
    const cidr = { pod: ["10.244.0.0/16"], external: ["10.70.0.0/16"] };
    await createWithStatus(ctx, client, configurations, {
      metadata: { name: "cluster-b", namespace, labels },
      spec: { remote: { cidr } },
      status: { remote: { cidr: { ...cidr, pod: ["10.71.0.0/16"] } } },
    });
    await client.create(ctx, gatewayClients, {
      metadata: { name: "cluster-b", namespace, labels },
      spec: { endpoint: { addresses: ["172.18.0.2"], port: 30_001 } },
    });
    const ca = await createCa("rome");
    await client.create(ctx, identities, {
      metadata: { name: "controlplane-cluster-b", namespace, labels },
      spec: {
        clusterID: "cluster-b",
        type: "ControlPlane",
        authParams: { apiServer: "https://10.0.0.2:6443", signedCRT: base64(ca.certificate) },
      },
    });
    await createWithStatus(ctx, client, resourceSlices, {
      metadata: { name: "slice", namespace, labels },
      spec: { class: "default" },
      status: {
        conditions: [
          { type: "Authentication", status: "Accepted" },
          { type: "Resources", status: "Denied", message: "too much" },
        ],
        resources: { cpu: "4" },
      },
    });
    await createWithStatus(ctx, client, virtualNodes, {
      metadata: { name: "cluster-b", namespace, labels },
      spec: {
        clusterID: "cluster-b",
        kubeconfigSecretRef: { name: "kubeconfig-b" },
        resourceQuota: { hard: { cpu: "4" } },
      },
      status: { conditions: [{ type: "Node", status: "Creating" }] },
    });
  }

  test("info tells of the installation, its network and its peers", async () => {
    const { code, stdout, stderr } = await clusters.liqoctl("info");
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    for (const line of [
      "Liqo is unhealthy",
      /liqo-fabric-1: +Pending, Ready 0\/0, Restarts 0/,
      /Cluster ID: +cluster-a/,
      /Version: +v1\.1\.0/,
      /Cluster labels: +region=eu, tier=gold/,
      /Pod CIDRs: +10\.244\.0\.0\/16/,
      /External CIDR: +10\.70\.0\.0\/16/,
      /Role: +Provider/,
      /API server status: +Healthy/,
      /Networking status: +Unhealthy \(latency 1\.2ms, MTU 1312\)/,
      /Authentication status: +Healthy/,
      /Offloading status: +Disabled/,
      /Certificate ends: +20\d\d-.*Z \(in \d+ days\)/,
    ])
      assert.ok(typeof line === "string" ? stdout.includes(line) : line.test(stdout), `${line}\nin\n${stdout}`);
  });

  test("info peer tells each part of a peering", async () => {
    const { code, stdout } = await clusters.liqoctl("info peer cluster-b");
    assert.equal(code, 0);
    for (const line of [
      /Alert: +the tunnel is down/,
      /Remote pod CIDR: +10\.244\.0\.0\/16, remapped to 10\.71\.0\.0\/16/,
      /Remote external CIDR: +10\.70\.0\.0\/16 /,
      /Gateway role: +Client/,
      /Gateway address: +172\.18\.0\.2/,
      /Gateway port: +30001/,
      /Carrier: +TCP 172\.18\.0\.2:443 /,
      /Carriers tried: +UDP 172\.18\.0\.2:30001: no handshake, TCP 172\.18\.0\.2:443: connected /,
      /MTU: +1312 \(measured\)/,
      /API server: +https:\/\/10\.0\.0\.2:6443/,
      /API server proxy: +http:\/\/10\.71\.0\.3:8118/,
      / {2}slice \(not accepted\)/,
      /Alert: +too much/,
      / {2}controlplane-cluster-b \(ControlPlane\)/,
      /Ends: +20\d\d-.*Z \(in \d+ days\)/,
      /Action: +Consuming/,
      / {4}Status: +Unhealthy/,
      / {4}Secret: +kubeconfig-b/,
      / {4}cpu: +4/,
    ])
      assert.match(stdout, line);
  });

  for (const [args, expected] of [
    ["info --get clusterid", "cluster-a\n"],
    ["info -g local.LABELS.tier", "gold\n"],
    ["info -g network.podCIDRs", '["10.244.0.0/16"]\n'],
    ["info peer -g network.gateway.port", "30001\n"],
    ["info peer -g network.mtu.value", "1312\n"],
    ["info peer -g cluster-b.info.role", "Provider\n"],
    ["info -g info.role peer cluster-b", "Provider\n"],
    ["version --client", `Client version: ${VERSION}\n`],
    ["version", `Client version: ${VERSION}\nServer version: v1.1.0\n`],
    ["version --context provider", `Client version: ${VERSION}\nServer version: Unknown\n`],
  ] as const) {
    test(`${args} prints ${JSON.stringify(expected)}`, async () => {
      const { code, stdout } = await clusters.liqoctl(args);
      assert.deepEqual({ code, stdout }, { code: 0, stdout: expected });
    });
  }

  test("--output is for programs", async () => {
    const { stdout } = await clusters.liqoctl("info -o json");
    const { peers } = (JSON.parse(stdout) as { peerings: { peers: { certificateEnds: string }[] } }).peerings;
    assert.match(peers[0]?.certificateEnds ?? "", /^20\d\d-\d\d-\d\dT.*Z$/);
    assert.deepEqual(peers, [
      {
        clusterID: "cluster-b",
        role: "Provider",
        networkingStatus: "Unhealthy",
        authenticationStatus: "Healthy",
        offloadingStatus: "Disabled",
        apiServerStatus: "Healthy",
        latency: "1.2ms",
        mtu: 1312,
        certificateEnds: peers[0]?.certificateEnds,
      },
    ]);
    assert.match(
      (await clusters.liqoctl("info peer -o yaml")).stdout,
      /^cluster-b:\n {2}info:\n {4}clusterID: cluster-b\n/,
    );
  });

  test("without peers there is none to tell of", async () => {
    assert.match((await clusters.liqoctl("info --context provider")).stdout, /Active peerings[^\n]*\n│ none/);
    assert.match((await clusters.liqoctl("info peer --context provider")).stdout, /Active peerings[^\n]*\n│ none/);
  });

  for (const [args, says] of [
    ["info peer nosuch", "there is no peering with nosuch\n  there are peerings with cluster-b\n"],
    ["info peer nosuch --context provider", "there is no peering with nosuch\n  there are no peerings\n"],
    ["info -g local.nosuch", '--get local.nosuch: there is no "nosuch"; there are clusterID, version'],
    ["info -n default", "Liqo is not installed in namespace default of the cluster https://"],
  ] as const) {
    test(`${args} is refused`, async () => {
      const { code, stderr } = await clusters.liqoctl(args);
      assert.equal(code, 1);
      assert.ok(stderr.includes(says), stderr);
    });
  }

  test("a path goes into objects only", () => {
    assert.throws(() => getPath({ a: 1 }, "a.b"), { message: '--get a.b: there is nothing at "b"' });
  });

  test("a path may leave out the id of the only peer", () => {
    const one = { rome: { info: 1 } };
    const two = { ...one, oslo: { info: 2 } };
    assert.deepEqual(
      [rootOf(one, "info"), rootOf(one, "Rome.info"), rootOf(two, "info"), rootOf({}, "info")],
      [one.rome, one, two, {}],
    );
  });

  test("a module is healthy when all of its conditions are good", () => {
    const module = (...statuses: string[]) => ({ enabled: true, conditions: statuses.map((status) => ({ status })) });
    const all = [undefined, { enabled: false }, module(), module("Established", "Ready"), module("Ready", "Pending")];
    assert.deepEqual(all.map(moduleStatus), ["Disabled", "Disabled", "Healthy", "Healthy", "Unhealthy"]);
    const unsure = [module("Ready", "Unknown"), module("Pending", "Unknown")];
    assert.deepEqual(unsure.map(moduleStatus), ["Unknown", "Unhealthy"]);
    assert.deepEqual(moduleAlerts({ enabled: true, conditions: [{ status: "Error", message: "why" }] }), ["why"]);
  });

  test("the network is known as far as its Connection is, also where nobody keeps the ForeignCluster", () => {
    const nowMs = Date.parse("2026-01-01T01:00:00Z");
    const of = (status: string) => ({ enabled: true, conditions: [{ status, message: status }] });
    const old = { value: "Connected", interval: "10s", latency: { value: "1ms", timestamp: "2026-01-01T00:00:00Z" } };
    const silent = "the gateway has told nothing for more than 30s";
    assert.deepEqual(networkStatus(of("Established"), old, nowMs), { status: "Unknown", alerts: [silent] });
    assert.deepEqual(networkStatus(of("Error"), old, nowMs), { status: "Unhealthy", alerts: ["Error"] });
    assert.deepEqual(networkStatus(of("Established"), undefined, nowMs), { status: "Healthy", alerts: [] });
  });
});
