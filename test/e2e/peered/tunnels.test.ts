/** Several tunnels between two clusters: added, shut and removed while pods talk, and none of them notices. */
import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Pod, Service } from "kubernetes-types/core/v1";
import type { Connection } from "#api/networking/connection.ts";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { between } from "#engines/link-faults.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { GatewayTraffic } from "#kit/gateway-traffic.ts";
import { takePeered } from "#kit/shared-clusters.ts";

const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const AT_MILAN = ["-n", "liqo-tenant-rome"] as const;
const AT_ROME = ["-n", "liqo-tenant-milan"] as const;
const ENDS = [
  ["milan", "gw-rome", AT_MILAN],
  ["rome", "gw-milan", AT_ROME],
] as const;
const FIRST = "liqo-tunnel";
const SECOND = "liqo-tunnel1";
/** Of the second. */
const PORT = 51_841;
/** Silence is found after a second; a loaded machine takes its time. */
const LEFT_MS = 20_000;
const SHOWN_MS = 60_000;

describe("several tunnels", { concurrency: 1, skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let traffic: GatewayTraffic;
  let gateways: readonly string[];

  before(async () => {
    clusters = await takePeered();
    traffic = await GatewayTraffic.start(clusters, "worker-node-1");
    gateways = await gatewayPods();
  });
  after(async () => {
    await traffic?.[Symbol.asyncDispose]();
    await clusters?.[Symbol.asyncDispose]();
  });

  it("a peering has one, and says nothing of others", async () => {
    for (const [cluster, name, at] of ENDS)
      assert.equal((await connection(cluster, name, at)).status?.tunnels, undefined);
  });

  it("a second one is added, and has its part of the flows", async (t) => {
    const sinceMs = performance.now();
    await clusters.liqoctl("network", "connect", ...PEERS, "--gw-tunnels", "2", "--wait");
    await inUse(FIRST, SECOND);
    const { status } = await clusters.get<GatewayServer>("rome", "gatewayserver", "milan", ...AT_ROME);
    assert.deepEqual(status?.endpoint?.ports, [51_840, PORT]);
    await undisturbed(t, sinceMs, "two tunnels");
    for (const link of [FIRST, SECOND]) {
      const before = await sent(link);
      await eventually(`packets in ${link}`, async () => assert.ok((await sent(link)) > before + 100));
    }
  });

  it("one whose port is shut carries nothing, and comes back", async (t) => {
    const sinceMs = performance.now();
    await machineOf(clusters.engine).setLinkFaults(
      between("milan", "rome", "tunnel").map((way) => ({ ...way, port: PORT })),
    );
    await inUse(FIRST);
    const leftMs = performance.now() - sinceMs;
    assert.ok(leftMs < LEFT_MS, `left after ${leftMs} ms`);
    await undisturbed(t, sinceMs, `left after ${Math.round(leftMs)} ms`);
    await machineOf(clusters.engine).setLinkFaults([]);
    await inUse(FIRST, SECOND);
  });

  it("an object that is changed by hand counts as much", async (t) => {
    const sinceMs = performance.now();
    const patch = (ports: readonly number[]) => [
      "--type=merge",
      "-p",
      JSON.stringify({ spec: { endpoint: { ports } } }),
    ];
    const ports = [51_840, PORT, 51_850];
    await clusters.kubectl("rome", "patch", "gatewayserver", "milan", ...AT_ROME, ...patch(ports));
    await clusters.kubectl("milan", "patch", "gatewayclient", "rome", ...AT_MILAN, ...patch(ports));
    await inUse(FIRST, SECOND, "liqo-tunnel2");
    await undisturbed(t, sinceMs, "three tunnels");
  });

  it("all but the first are removed", async (t) => {
    const sinceMs = performance.now();
    await clusters.liqoctl("network", "connect", ...PEERS, "--gw-tunnels", "1", "--wait");
    for (const [cluster, name, at] of ENDS)
      await eventually(`one tunnel at ${cluster}`, async () => {
        assert.equal((await connection(cluster, name, at)).status?.tunnels, undefined);
        const links = await clusters.kubectl(cluster, "exec", ...at, `deployment/${name}`, "--", "ip", "-o", "link");
        assert.doesNotMatch(links, /liqo-tunnel\d/);
      });
    await undisturbed(t, sinceMs, "one tunnel");
    const { spec } = await clusters.get<Service>("rome", "service", "gw-milan", ...AT_ROME);
    assert.deepEqual(
      spec?.ports?.map(({ port }) => port),
      [51_840],
    );
  });

  it("no gateway was replaced for it", async () => {
    assert.deepEqual(await gatewayPods(), gateways);
  });

  const connection = (cluster: string, name: string, at: readonly string[]): Promise<Connection> =>
    clusters.get<Connection>(cluster, "connection", name, ...at);

  /** As both ends show it. */
  async function inUse(...wanted: readonly string[]): Promise<void> {
    for (const [cluster, name, at] of ENDS)
      await eventually(
        `flows in ${wanted.join()} at ${cluster}`,
        async () => {
          const { status } = await connection(cluster, name, at);
          const used = (status?.tunnels ?? []).filter((each) => each.inUse).map((each) => each.interface);
          assert.deepEqual([status?.value, used], ["Connected", wanted]);
        },
        SHOWN_MS,
      );
  }

  /** The held connection is the same, and no request got lost. */
  async function undisturbed(t: TestContext, sinceMs: number, what: string): Promise<void> {
    const { requests, lost, slowestMs, held } = await traffic.outcome(sinceMs);
    t.diagnostic(`${what}; ${lost} of ${requests} requests lost, the slowest took ${slowestMs} ms`);
    assert.deepEqual({ lost, held }, { lost: 0, held: 0 });
  }

  async function sent(link: string): Promise<number> {
    const command = ["ip", "-json", "-stats", "link", "show", "dev", link];
    const text = await clusters.kubectl("milan", "exec", ...AT_MILAN, "deployment/gw-rome", "--", ...command);
    return (JSON.parse(text) as [{ stats64: { tx: { packets: number } } }])[0].stats64.tx.packets;
  }

  /** By uid. */
  async function gatewayPods(): Promise<string[]> {
    const of = async (cluster: string, at: readonly string[]): Promise<string[]> => {
      const selector = ["-l", "networking.liqo.io/component=gateway", "-o", "json"];
      const { items } = JSON.parse(await clusters.kubectl(cluster, "get", "pods", ...at, ...selector)) as {
        items: Pod[];
      };
      return items.map(({ metadata }) => metadata?.uid ?? "").sort();
    };
    return [...(await of("milan", AT_MILAN)), ...(await of("rome", AT_ROME))];
  }
});
