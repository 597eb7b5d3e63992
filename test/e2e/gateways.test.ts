/** Where the gateway server may be, and what may stand between it and its client. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { GatewayServer } from "#api/networking/gatewayserver.ts";
import { needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { Kernels } from "#kit/kernels.ts";
import { parseDump } from "#network/wireguard/config.ts";

const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const AT_MILAN = ["-n", "liqo-tenant-rome"] as const;
const AT_ROME = ["-n", "liqo-tenant-milan"] as const;
// Addresses for documentation: nobody has them.
const OUTSIDE = "203.0.113.7";
const ALSO_OUTSIDE = "203.0.113.8";
const NOBODY = "192.0.2.1";
const PORT = 51_840;
const SERVICE = "gateway-of-rome";
const CONNECTED_MS = 30_000;

describe("gateways", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let kernels: Kernels;

  before(async () => {
    clusters = await startClusters({ name: "milan", workers: 1 }, { name: "rome", workers: 1 });
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
    kernels = await Kernels.look(clusters);
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  it("the server is at the consumer", async () => {
    await clusters.liqoctl("peer", ...PEERS, "--gw-server-service-location", "Consumer");
    await clusters.kubectl("milan", "wait", "node", "liqo-rome", "--for=condition=Ready", "--timeout=60s");
    assert.deepEqual(await gateways("milan"), ["gatewayserver.networking.liqo.io/rome"]);
    assert.deepEqual(await gateways("rome"), ["gatewayclient.networking.liqo.io/milan"]);
    await clusters.liqoctl("unpeer", ...PEERS);
  });

  it("the server is at a port of its node", async () => {
    const nodePort = ["--gw-server-service-type", "NodePort", "--gw-server-service-nodeport", "31840"];
    await clusters.liqoctl("network", "connect", ...PEERS, "--wait", ...nodePort);
    const path = 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}';
    await through(`${await clusters.kubectl("rome", "get", "node", "worker-node-1", "-o", path)}:31840`);
    await clusters.liqoctl("network", "reset", ...PEERS, "--skip-confirm", "--wait");
  });

  describe("what is between client and server", () => {
    /** `ip:port` of the server. */
    let inside: string;

    before(async () => {
      await clusters.liqoctl("network", "connect", ...PEERS, "--wait");
      const { status } = await clusters.get<GatewayServer>("rome", "gatewayserver", "milan", ...AT_ROME);
      inside = `${status?.endpoint?.addresses?.[0]}:${status?.endpoint?.port}`;
      await through(inside);
    });

    it("a NAT that maps another port", async () => {
      await map(`${OUTSIDE}:4500`);
      await dial(OUTSIDE, 4_500);
      await through(`${OUTSIDE}:4500`);
    });

    it("an address where nobody answers, which is told", async () => {
      await dial(NOBODY, PORT);
      const problem = `no answer from the gateway server at ${NOBODY}:${PORT}/UDP`;
      await told("EndpointUnanswered", problem);
      await eventually("Connection and ForeignCluster say so, too", async () => {
        const seen = ["get", "connection", "gw-rome", ...AT_MILAN, "-o", "yaml"];
        assert.ok((await clusters.kubectl("milan", ...seen)).includes(`connection-problem: ${problem}`));
        const path = '{.status.modules.networking.conditions[?(@.type=="NetworkConnectionStatus")].message}';
        const shown = await clusters.kubectl("milan", "get", "foreigncluster", "rome", "-o", `jsonpath=${path}`);
        assert.ok(shown.endsWith(problem), shown);
      });
    });

    it("several addresses of which one works, and later another", async () => {
      await map(`${OUTSIDE}:${PORT}`);
      const patch = JSON.stringify({ spec: { endpoint: { addresses: [NOBODY, OUTSIDE, ALSO_OUTSIDE] } } });
      await clusters.kubectl("milan", "patch", "gatewayclient", "rome", ...AT_MILAN, "--type=merge", "-p", patch);
      await through(`${OUTSIDE}:${PORT}`);
      await told("EndpointAnswered", `the gateway server answers at ${OUTSIDE}:${PORT}/UDP`);
      await map(`${ALSO_OUTSIDE}:${PORT}`);
      await through(`${ALSO_OUTSIDE}:${PORT}`);
      await told("EndpointAnswered", `the gateway server answers at ${ALSO_OUTSIDE}:${PORT}/UDP`);
    });

    it("a name whose address changes", async () => {
      await resolve(ALSO_OUTSIDE);
      await dial(`${SERVICE}.default.svc.cluster.local`, PORT);
      await through(`${ALSO_OUTSIDE}:${PORT}`);
      await resolve(OUTSIDE);
      await map(`${OUTSIDE}:${PORT}`);
      await through(`${OUTSIDE}:${PORT}`);
    });

    function map(outside: string): Promise<void> | undefined {
      return clusters.engine.machine?.setPortMaps([{ outside, inside }]);
    }
  });

  it("nodes keep nothing of all these", async () => {
    await clusters.liqoctl("network", "reset", ...PEERS, "--skip-confirm", "--wait");
    await kernels.areAsBefore();
  });

  async function gateways(cluster: string): Promise<string[]> {
    const text = await clusters.kubectl(cluster, "get", "gatewayservers,gatewayclients", "-A", "-o", "name");
    return text.trim().split("\n");
  }

  function dial(address: string, port: number): Promise<string> {
    const endpoint = ["--gw-client-address", address, "--gw-client-port", `${port}`];
    return clusters.liqoctl("network", "connect", ...PEERS, ...endpoint);
  }

  /** What a name for the gateway server resolves to, in milan. */
  async function resolve(address: string): Promise<void> {
    const metadata = { name: SERVICE, namespace: "default" };
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { clusterIP: "None", ports: [{ port: PORT }] },
    };
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": SERVICE } },
      addressType: "IPv4",
      endpoints: [{ addresses: [address] }],
      ports: [{ port: PORT }],
    };
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: [service, slice] });
    const { code, stderr } = await clusters.tryKubectl("milan", ["apply", "-f", "-"], { input });
    assert.equal(code, 0, stderr);
  }

  /** The tunnel's session is with that endpoint, and both ends say that it works. */
  async function through(endpoint: string): Promise<void> {
    await eventually(
      `a tunnel to ${endpoint}`,
      async () => {
        const exec = ["exec", ...AT_MILAN, "deployment/gw-rome", "--", "wg", "show", "liqo-tunnel", "dump"];
        const [peer] = parseDump(await clusters.kubectl("milan", ...exec));
        assert.equal(peer?.endpoint, endpoint);
        assert.notEqual(peer?.lastHandshake, 0, "handshakes");
        for (const { name } of clusters.clusters) {
          const path = "jsonpath={.items[*].status.value}";
          assert.equal(await clusters.kubectl(name, "get", "connections", "-A", "-o", path), "Connected", name);
        }
      },
      CONNECTED_MS,
    );
  }

  /** By an event of the GatewayClient, which `kubectl describe` shows. */
  async function told(reason: string, message: string): Promise<void> {
    const shown = await eventually(
      `${reason}: ${message}`,
      async () => {
        const text = await clusters.kubectl("milan", "describe", "gatewayclient", "rome", ...AT_MILAN);
        assert.ok(text.includes(message), text.slice(text.indexOf("Events:")));
        return text;
      },
      CONNECTED_MS,
    );
    assert.match(shown, new RegExp(`\\b${reason}\\b`));
  }
});
