/** Where UDP is shut between the clusters, the tunnel goes over TCP, and back when UDP opens. */
import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Pod, Service } from "kubernetes-types/core/v1";
import { CARRIER, CARRIERS_TRIED, TCP_CARRIER_PORT } from "#api/annotations.ts";
import type { Connection } from "#api/networking/connection.ts";
import type { GatewayClient } from "#api/networking/gatewayclient.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { between } from "#engines/link-faults.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { GatewayTraffic } from "#kit/gateway-traffic.ts";
import { parseDump } from "#network/wireguard/config.ts";

const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const AT_MILAN = ["-n", "liqo-tenant-rome"] as const;
const AT_ROME = ["-n", "liqo-tenant-milan"] as const;
const TEMPLATES = "networking.gatewayTemplates";
const OFFER = ["--set", `${TEMPLATES}.server.tcpCarrier.enabled=true,${TEMPLATES}.replicas=2`] as const;
const ENDS = [
  { end: "server", cluster: "rome", namespace: "liqo-tenant-milan" },
  { end: "client", cluster: "milan", namespace: "liqo-tenant-rome" },
] as const;
/** Silence of a second, three tries of half a second each, a handshake; a loaded machine takes its time. */
const OVER_TCP_MS = 8_000;
/** UDP is asked every ten seconds. */
const BACK_MS = 20_000;

describe("where UDP is shut", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let traffic: GatewayTraffic;
  /** `ip:port` of the server. */
  let udp: string;
  let tcp: string;

  before(async () => {
    clusters = await startClusters({ name: "milan", workers: 1 }, { name: "rome", workers: 1 });
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster, cluster.name, ...OFFER)));
  });
  after(async () => {
    await traffic?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
  });

  it("a peering is made over TCP, and says so", async () => {
    await shut(true);
    await clusters.liqoctl("peer", ...PEERS);
    await clusters.kubectl("milan", "wait", "node", "liqo-rome", "--for=condition=Ready", "--timeout=60s");
    const { status } = await clusters.get<GatewayServer>("rome", "gatewayserver", "milan", ...AT_ROME);
    const { addresses: [address] = [], port, tcpPort } = status?.endpoint ?? {};
    assert.equal(tcpPort, 443);
    [udp, tcp] = [`${address}:${port}`, `${address}:${tcpPort}`];
    await eventually("all that was tried is told", async () => {
      assert.deepEqual(await told(), {
        carrier: `TCP ${tcp}`,
        tried: `UDP ${udp}: no handshake, TCP ${tcp}: connected`,
      });
    });
    assert.match(await endpoint(), /^127\.0\.0\.1:/);
    const info = await clusters.liqoctl("info", "peer", "rome", "--context", "milan");
    assert.ok(info.includes(`TCP ${tcp}`), info);
    const path = '{.status.modules.networking.conditions[?(@.type=="NetworkConnectionStatus")].message}';
    await eventually("the ForeignCluster says so, too", async () => {
      const message = await clusters.kubectl("milan", "get", "foreigncluster", "rome", "-o", `jsonpath=${path}`);
      assert.match(message, new RegExp(`established over TCP ${tcp.replaceAll(".", "\\.")}$`));
    });
  });

  it("pods talk over it", async () => {
    traffic = await GatewayTraffic.start(clusters, "worker-node-1");
  });

  it("UDP that opens carries again, and no request is lost", async (t) => {
    const sinceMs = performance.now();
    await shut(false);
    await carriedBy(`UDP ${udp}`, BACK_MS);
    const backMs = performance.now() - sinceMs;
    await eventually("WireGuard speaks to the server itself", async () => assert.equal(await endpoint(), udp));
    assert.deepEqual((await told()).tried, `UDP ${udp}: connected, TCP ${tcp}: connected`);
    await survived(t, sinceMs, `back to UDP after ${seconds(backMs)}`);
  });

  it("UDP that is shut while it carries gives way to TCP", async (t) => {
    const sinceMs = performance.now();
    await shut(true);
    await carriedBy(`TCP ${tcp}`, OVER_TCP_MS);
    const overMs = performance.now() - sinceMs;
    await survived(t, sinceMs, `over TCP after ${seconds(overMs)}`);
  });

  it("a server that is replaced is found again over TCP", async (t) => {
    const sinceMs = performance.now();
    await clusters.kubectl("rome", ...AT_ROME, "rollout", "restart", "deployment/gw-milan");
    await clusters.kubectl("rome", ...AT_ROME, "rollout", "status", "deployment/gw-milan", "--timeout=60s");
    await survived(t, sinceMs, "the server was replaced");
    assert.equal((await told()).carrier, `TCP ${tcp}`);
  });

  for (const { cluster, namespace, end } of ENDS)
    it(`a ${end} that is killed has another in its place`, async (t) => {
      const { spec, status } = await inCharge(cluster, namespace);
      const containerId = status?.containerStatuses?.[0]?.containerID ?? "";
      const sinceMs = performance.now();
      await machineOf(clusters.engine).kill(cluster, { node: spec?.nodeName ?? "", containerId });
      await survived(t, sinceMs, `the ${end} was killed`);
      await carriedBy(`TCP ${tcp}`, OVER_TCP_MS);
    });

  it("the server tells by what it is reached", async () => {
    await eventually("its Connection", async () => {
      const { metadata } = await clusters.get<Connection>("rome", "connection", "gw-milan", ...AT_ROME);
      assert.equal(metadata?.annotations?.[CARRIER], "TCP");
    });
  });

  it("a peer that is told of no port uses UDP only", async () => {
    await shut(false);
    await clusters.liqoctl("network", "connect", ...PEERS, "--disable-tcp-carrier");
    const client = await clusters.get<GatewayClient>("milan", "gatewayclient", "rome", ...AT_MILAN);
    assert.equal(client.metadata?.annotations?.[TCP_CARRIER_PORT], undefined);
    await eventually("a tunnel by UDP that says nothing of carriers", async () => {
      assert.equal(await endpoint(), udp);
      assert.deepEqual(await told(), { carrier: undefined, tried: undefined });
    });
  });

  it("of a server at ports of its node both are used", async () => {
    await traffic[Symbol.asyncDispose]();
    await clusters.kubectl("milan", "delete", "namespace", "traffic");
    await clusters.liqoctl("unpeer", ...PEERS);
    await shut(true);
    await clusters.liqoctl("network", "connect", ...PEERS, "--wait", "--gw-server-service-type", "NodePort");
    const { spec } = await clusters.get<Service>("rome", "service", "gw-milan", ...AT_ROME);
    const [wireguard, carrier] = (spec?.ports ?? []).map(({ nodePort }) => nodePort);
    const { status } = await clusters.get<GatewayServer>("rome", "gatewayserver", "milan", ...AT_ROME);
    assert.deepEqual([status?.endpoint?.port, status?.endpoint?.tcpPort], [wireguard, carrier]);
    await carriedBy(`TCP ${status?.endpoint?.addresses?.[0]}:${carrier}`, OVER_TCP_MS);
  });

  function shut(isShut: boolean): Promise<void> {
    return machineOf(clusters.engine).setLinkFaults(isShut ? between("milan", "rome", "tunnel") : []);
  }

  async function told(): Promise<{ carrier: string | undefined; tried: string | undefined }> {
    const { metadata } = await clusters.get<Connection>("milan", "connection", "gw-rome", ...AT_MILAN);
    const { [CARRIER]: carrier, [CARRIERS_TRIED]: tried } = metadata?.annotations ?? {};
    return { carrier, tried };
  }

  function carriedBy(carrier: string, withinMs: number): Promise<void> {
    return eventually(carrier, async () => assert.equal((await told()).carrier, carrier), withinMs);
  }

  async function inCharge(cluster: string, namespace: string): Promise<Pod> {
    const active = "networking.liqo.io/component=gateway,networking.liqo.io/active=true";
    const { items } = await clusters.get<{ items: Pod[] }>(cluster, "pods", "-n", namespace, "-l", active);
    const [pod] = items;
    assert.ok(pod !== undefined, `${cluster} has a gateway in charge`);
    return pod;
  }

  /** Of WireGuard's peer at the client. */
  async function endpoint(): Promise<string> {
    const { metadata } = await inCharge("milan", "liqo-tenant-rome");
    const exec = ["exec", ...AT_MILAN, metadata?.name ?? "", "--", "wg", "show", "liqo-tunnel", "dump"];
    return parseDump(await clusters.kubectl("milan", ...exec))[0]?.endpoint ?? "";
  }

  /** No request was lost, and the long connection is still the same. */
  async function survived(t: TestContext, sinceMs: number, what: string): Promise<void> {
    const { lost, held, requests, slowestMs } = await traffic.outcome(sinceMs);
    t.diagnostic(`${what}; of ${requests} requests the slowest took ${seconds(slowestMs)}`);
    assert.deepEqual({ lost, held }, { lost: 0, held: 0 });
  }
});

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
