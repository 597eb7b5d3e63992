/**
 * The way of pods is measured on each node: what is broken on one node is told of that node and of no other. And a gateway
 * that cannot tell any more is no gateway that carries nothing: nobody knows, and no pod suffers.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Node, Pod } from "kubernetes-types/core/v1";
import type { ForeignCluster } from "#api/core/foreigncluster.ts";
import type { Connection } from "#api/networking/connection.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { RunningContainer } from "#engines/engine.ts";
import type { Clusters } from "#kit/clusters.ts";
import { liqoContainer } from "#kit/components.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import { fabricOn, type Host, peerFacts, runAt, signal } from "./trace-faults.ts";

const NODES = ["worker-node-1", "worker-node-2"] as const;
const [WHOLE, HURT] = NODES;
const NAMESPACE = "paths";
/** So that it takes little time. */
const INTERVAL_MS = 2_000;
/** Three intervals, and who tells of it. */
const TOLD_MS = 15_000;
/** Of the gateway's own: three times 10 s. */
const SILENT_MS = 60_000;

interface Link {
  /** Of the node towards its gateway. */
  readonly link: string;
  /** Of the peer's pods, as they are seen. */
  readonly cidr: string;
}

/** What no agent mends. */
interface Fault {
  readonly what: string;
  readonly breaks: (at: Link) => readonly (readonly string[])[];
  readonly mends: readonly (readonly string[])[];
  readonly says: RegExp;
}

const words = (text: string): readonly string[] => text.split(" ");
const table = (rule: string): readonly string[] => ["nft", `table ip test-fault { ${rule} }`];
const DROP = "chain c { type filter hook prerouting priority -500; ";
const mends = [words("nft delete table ip test-fault")];
const ALL_LOST = /of node worker-node-2: packets of pods are lost/;
const FAULTS: readonly Fault[] = [
  {
    what: "another route is in the way",
    breaks: ({ cidr }) => [words(`ip rule add priority 10 to ${cidr} blackhole`)],
    mends: [words("ip rule del priority 10")],
    says: ALL_LOST,
  },
  {
    what: "no answer comes by the overlay",
    breaks: ({ link }) => [table(`${DROP} iifname "${link}" drop; };`)],
    mends,
    says: ALL_LOST,
  },
  {
    what: "full-size packets are lost",
    breaks: ({ link }) => [table(`${DROP} iifname "${link}" ip length > 1000 drop; };`)],
    mends,
    says: /of node worker-node-2: full-size packets are lost \(1\d\d\d bytes\); small ones arrive/,
  },
  {
    what: "another table gives packets the node's address",
    breaks: ({ cidr }) => [table(`chain c { type nat hook postrouting priority 90; ip daddr ${cidr} masquerade; };`)],
    mends,
    says: ALL_LOST,
  },
];

describe("the way of pods", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let hurt: Host;
  let link: Link;
  let silent: RunningContainer;
  let pods: string;

  before(async () => {
    clusters = await takePeered();
    const { kubectl, liqoctl } = clusters;
    await kubectl("rome", "create", "namespace", NAMESPACE);
    for (const node of NODES) await kubectl("rome", ...podOn(node));
    await kubectl("milan", "create", "namespace", NAMESPACE);
    await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    await kubectl("milan", ...podOn("liqo-rome"));
    for (const cluster of ["rome", "milan"])
      await kubectl(cluster, "wait", "-n", NAMESPACE, "pod", "--all", "--for=condition=Ready", "--timeout=60s");
    await probeEvery(`${INTERVAL_MS / 1_000}s`);
    hurt = await fabricOn(clusters, "rome", HURT);
    const { link: name, seen } = await peerFacts(clusters, "rome", "milan");
    link = { link: name, cidr: seen };
    // Its silence takes its time, and concerns nothing that is measured at the other end.
    pods = await podsAway();
    silent = await liqoContainer(clusters, "milan", "gateway");
    await machineOf(clusters.engine).setApiServerCut("milan", silent, true);
  });

  after(async () => {
    if (clusters === undefined) return;
    if (silent !== undefined) await machineOf(clusters.engine).setApiServerCut("milan", silent, false);
    await probeEvery("10s");
    await clusters[Symbol.asyncDispose]();
  });

  const network = async (cluster: string, peer: string) => {
    const { status } = await clusters.get<ForeignCluster>(cluster, "foreigncluster", peer);
    return status?.modules?.networking.conditions?.find(({ type }) => type === "NetworkConnectionStatus");
  };
  const isWell = () =>
    eventually(
      "all nodes are well",
      async () => {
        const { items } = await clusters.get<{ items: Connection[] }>("rome", "connections.networking.liqo.io", "-A");
        const paths = items[0]?.status?.paths?.toSorted((a, b) => a.node.localeCompare(b.node)) ?? [];
        const told = paths.map(({ node, small, full, interval }) => `${node} ${small} ${full} ${interval}`);
        assert.deepEqual(
          told,
          NODES.map((node) => `${node} Passed Passed ${INTERVAL_MS / 1_000}s`),
        );
        assert.equal((await network("rome", "milan"))?.status, "Established");
      },
      TOLD_MS,
    );
  const isTold = async (status: string, says: RegExp): Promise<void> => {
    const found = await network("rome", "milan");
    assert.equal(found?.status, status, JSON.stringify(found));
    assert.match(found.message ?? "", says);
    assert.doesNotMatch(found.message ?? "", new RegExp(WHOLE));
  };

  for (const { what, breaks, mends: repair, says } of FAULTS)
    test(`${what} on one node: it is told of that node`, async () => {
      await isWell();
      await runAt(clusters, hurt, breaks(link));
      try {
        await eventually("it is told", () => isTold("SomeNotReady", says), TOLD_MS);
        const shown = await clusters.liqoctl("info", "peer", "milan", "--context", "rome");
        assert.match(shown, /Unhealthy/);
        assert.match(shown, /of node worker-node-2/);
      } finally {
        await runAt(clusters, hurt, repair);
      }
      await isWell();
    });

  test("a node that tells nothing any more: nobody knows of that node", async () => {
    await signal(clusters, hurt, "SIGSTOP");
    try {
      const says = /^node worker-node-2 has told nothing for more than 6s$/;
      await eventually("it is told", () => isTold("Unknown", says), TOLD_MS);
    } finally {
      await signal(clusters, hurt, "SIGCONT");
    }
    await isWell();
  });

  test("a gateway that is cut off from its API server: nobody knows, the virtual node is ready, pods stay", async () => {
    await eventually(
      "it is told",
      async () => {
        const found = await network("milan", "rome");
        assert.deepEqual(
          [found?.status, found?.message],
          ["Unknown", "the gateway has told nothing for more than 30s"],
        );
      },
      SILENT_MS,
    );
    assert.match(await clusters.liqoctl("info", "--context", "milan"), /Networking status *\W *Unknown/);
    const node = await clusters.get<Node>("milan", "node", "liqo-rome");
    const conditions = node.status?.conditions?.map(({ type, status }) => `${type}=${status}`) ?? [];
    assert.ok(conditions.includes("Ready=True") && conditions.includes("NetworkUnavailable=False"), String(conditions));
    assert.deepEqual(
      node.spec?.taints?.map(({ effect }) => effect),
      ["NoExecute"],
      "only that of every virtual node",
    );
    assert.equal(await podsAway(), pods);
    await machineOf(clusters.engine).setApiServerCut("milan", silent, false);
    await eventually("it is well again", async () => {
      assert.equal((await network("milan", "rome"))?.status, "Established");
      assert.match(await clusters.liqoctl("info", "--context", "milan"), /Networking status *\W *Healthy/);
    });
    assert.equal(await podsAway(), pods);
  });

  /** Which there are, whatever they are called. */
  async function podsAway(): Promise<string> {
    const { items } = await clusters.get<{ items: Pod[] }>("milan", "pods", "-n", NAMESPACE);
    return items
      .map(({ metadata, status }) => `${metadata?.uid} ${status?.phase} ${metadata?.deletionTimestamp}`)
      .join();
  }

  async function probeEvery(interval: string): Promise<void> {
    const set = await clusters.get<DaemonSet>("rome", "daemonset", "liqo-fabric", "-n", "liqo");
    const args = set.spec?.template.spec?.containers[0]?.args?.map((arg) =>
      arg.startsWith("--path-probe-interval=") ? `--path-probe-interval=${interval}` : arg,
    );
    const path = "/spec/template/spec/containers/0/args";
    const patch = JSON.stringify([{ op: "replace", path, value: args }]);
    await clusters.kubectl(
      "rome",
      "patch",
      "daemonset",
      "liqo-fabric",
      "-n",
      "liqo",
      "--type=json",
      `--patch=${patch}`,
    );
    await clusters.kubectl("rome", "rollout", "status", "daemonset/liqo-fabric", "-n", "liqo", "--timeout=60s");
  }
});

function podOn(node: string): readonly string[] {
  const overrides = JSON.stringify({ spec: { nodeSelector: { "kubernetes.io/hostname": node } } });
  return ["run", `at-${node}`, "-n", NAMESPACE, "--image=nginx", `--overrides=${overrides}`];
}
