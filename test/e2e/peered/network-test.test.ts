/** `liqoctl test network`: what it makes, what it tells of a network that works, and of one that does not. */
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import type { FirewallConfiguration } from "#api/networking/firewallconfiguration.ts";
import { writeSingleKubeconfig } from "#engines/single-kubeconfig.ts";
import { addressSeenFrom } from "#kit/address-seen-from.ts";
import type { Clusters } from "#kit/clusters.ts";
import type { Outcome } from "#kit/command.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";

const TENANT = "liqo-tenant-rome";
const WALL = "test-network-wall";
const WALL_KEY = ["firewallconfigurations.networking.liqo.io", WALL, "-n", TENANT] as const;
const NAMESPACES = ["liqo-test-network", "liqo-test-network-host"];

/** At milan's gateways: what the web servers send to rome, and what is sent to them there. The tunnel itself stays healthy. */
const DROP_TCP = {
  apiVersion: "networking.liqo.io/v1beta1",
  kind: "FirewallConfiguration",
  metadata: {
    name: WALL,
    namespace: TENANT,
    labels: {
      "networking.liqo.io/firewall-category": "gateway",
      "networking.liqo.io/firewall-subcategory": "all-gateways",
    },
  },
  spec: {
    table: {
      name: WALL,
      family: "IPV4",
      chains: [
        {
          name: WALL,
          hook: "forward",
          type: "filter",
          policy: "accept",
          priority: 0,
          rules: {
            filterRules: [
              {
                name: "no-tcp",
                action: "drop",
                counter: true,
                match: [{ op: "eq", dev: { position: "out", value: "liqo-tunnel" }, proto: { value: "tcp" } }],
              },
            ],
          },
        },
      ],
    },
  },
};

describe("liqoctl test network", { concurrency: 1 }, () => {
  let clusters: Clusters;
  let provider: string;
  let outside: Server;
  let external: string;
  before(async () => {
    clusters = await takePeered();
    const path = clusters.engine.kubeconfig;
    provider = await writeSingleKubeconfig(path, "rome");
    outside = createServer((_, response) => response.end("outside\n"));
    await new Promise<void>((resolve) => outside.listen(0, "0.0.0.0", resolve));
    external = `${await addressSeenFrom(path, "milan")}:${(outside.address() as AddressInfo).port}`;
  });
  after(async () => {
    outside?.close();
    // Tenant namespaces are not put back by those who share the clusters.
    await clusters?.kubectl("milan", "delete", ...WALL_KEY, "--ignore-not-found");
    await clusters?.[Symbol.asyncDispose]();
  });

  test("a network that works passes every group", async () => {
    const groups = ["--np-ext", "--lb", "--ip", "--info", "--external", external];
    const { code, stdout, stderr } = await testNetwork(...groups);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^Cluster "milan" configurations\nCluster +Pod CIDR +Pod CIDR remap +External CIDR +External CIDR remap\nlocal +10\.244\.0\.0\/16 +N\/R /m,
    );
    // Two workers each: four servers, asked by four; by a Service twice as often as there are servers.
    assert.deepEqual(groupsOf(stderr), [
      ["pod to pod", "succeeded counter=16"],
      ["pod to service", "succeeded counter=32"],
      ["node to pod", "succeeded counter=16"],
      ["external to nodeport service", "succeeded counter=32"],
      ["external to loadbalancer service", "succeeded counter=16"],
      ["pod to external", "succeeded counter=4"],
      ["pod to external remapped IP", "succeeded counter=8"],
    ]);
    assert.match(stderr, /All checks completed\n✓ Checks succeeded counter=124\n$/);
  });

  test("each server is on a node of its own in its cluster, the image is Liqo's", async () => {
    const columns = "custom-columns=NODE:.spec.nodeName,IMAGE:.spec.containers[0].image";
    const of = (app: string) => [
      "get",
      "pods",
      "-n",
      "liqo-test-network",
      "-l",
      `app-cluster=${app}`,
      "-o",
      columns,
      "--no-headers",
    ];
    const placed = await clusters.kubectl("milan", ...of("netshoot-milan"));
    assert.match(placed, /^(\S+ +\S*liqo-ts\/liqo:\S+\n){2}$/);
    const [{ workers } = { workers: [] }] = clusters.clusters;
    assert.deepEqual(placed.match(/^\S+/gm)?.sort(), [...workers].sort());
    assert.match(await clusters.kubectl("milan", ...of("netshoot-rome")), /^(liqo-rome .*\n){2}$/);
  });

  test("what is broken is told, and ends with an error, with --basic too", async () => {
    await clusters.tryKubectl("milan", ["apply", "-f", "-"], { input: JSON.stringify(DROP_TCP) });
    await eventually("the gateway drops", async () => {
      const { status } = await clusters.get<FirewallConfiguration>("milan", ...WALL_KEY);
      assert.equal(status?.conditions?.[0]?.status, "True");
    });
    const { code, stderr } = await testNetwork("--basic", "--rm");
    assert.equal(code, 1);
    assert.deepEqual(groupsOf(stderr), [["pod to pod", "succeeded counter=8", "failed counter=8"]]);
    assert.match(
      stderr,
      /! Check failed after 3 tries pod=netshoot-milan-\S+ target=http:\/\/10\.245\.\S+ error="timed out"/,
    );
    assert.match(stderr, /error: some checks failed\n {2}`liqoctl info peer` tells/);
    const names = await clusters.kubectl("milan", "get", "namespaces", "-o", "name");
    assert.match(names, /^namespace\/liqo-test-network$/m, "what failed stays to be looked at");
  });

  test("--fail-fast stops at the first pod that fails", async () => {
    const { code, stderr } = await testNetwork("--fail-fast", "--verbose");
    assert.equal(code, 1);
    assert.deepEqual(groupsOf(stderr), [["pod to pod", "succeeded counter=2", "failed counter=2"]]);
    assert.match(stderr, /• Check successful pod=netshoot-milan-\S+ target=http:\/\/10\.244\./);
    assert.match(stderr, /error: check failed: pod to pod/);
    await clusters.kubectl("milan", "delete", ...WALL_KEY);
  });

  test("mended, it passes again, and --rm leaves nothing", async () => {
    const { code, stderr } = await testNetwork("--basic", "--rm");
    assert.equal(code, 0, stderr);
    for (const name of ["milan", "rome"]) {
      const left = await clusters.kubectl(name, "get", "namespaces", "-o", "name");
      for (const namespace of NAMESPACES) assert.ok(!left.includes(namespace), `${namespace} in ${name}`);
    }
  });

  test("a kubeconfig that leads to no provider is refused", async () => {
    const consumer = await writeSingleKubeconfig(clusters.engine.kubeconfig, "milan");
    const twice = await clusters.tryLiqoctl(["test", "network", "--context", "milan", "-p", consumer]);
    assert.match(twice.stderr, /error: two of the kubeconfigs lead to the cluster milan/);
    const reversed = await clusters.tryLiqoctl(["test", "network", "--context", "rome", "-p", consumer]);
    assert.match(reversed.stderr, /error: rome has no virtual node of milan\n {2}first `liqoctl peer`/);
  });

  function testNetwork(...flags: readonly string[]): Promise<Outcome> {
    return clusters.tryLiqoctl(["test", "network", "--context", "milan", "-p", provider, ...flags]);
  }
});

/** Each group with its counters, without the total. */
function groupsOf(stderr: string): string[][] {
  const [checks = ""] = stderr.split("All checks completed");
  return checks
    .split("• Running checks ")
    .slice(1)
    .map((text) => [
      text.split("\n")[0] ?? "",
      ...[...text.matchAll(/Checks ((?:succeeded|failed) counter=\d+)/g)].map(([, found = ""]) => found),
    ]);
}
