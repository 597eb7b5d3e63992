/**
 * What is lost between two clusters is said within 15 s, and by its name, by the Node, the ForeignCluster and `liqoctl
 * info` alike; a pod that can still be reached stays in its Service.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { Machine } from "#engines/engine.ts";
import { between } from "#engines/link-faults.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { Load, page } from "#kit/load.ts";
import { loadBalancerAddress } from "#kit/services.ts";
import { takePeered } from "#kit/shared-clusters.ts";
import { assertPodTold, assertTold, type Lost, NOTHING_LOST } from "#kit/truth.ts";

const NAMESPACE = "web";
const TOLD_MS = 15_000;
const HEALED_MS = 40_000;

interface Loss {
  readonly what: string;
  readonly begin: (machine: Machine) => Promise<void>;
  /** Default: the link's faults end. */
  readonly end?: (machine: Machine) => Promise<void>;
  readonly lost: Lost;
}

const LOSSES: readonly Loss[] = [
  {
    what: "an API server that hangs",
    begin: (machine) => machine.kill("rome", "apiserver", "SIGSTOP"),
    end: (machine) => machine.kill("rome", "apiserver", "SIGCONT"),
    lost: { api: true, network: false },
  },
  {
    what: "the way to the API server",
    begin: (machine) => machine.setLinkFaults(between("milan", "rome", "api")),
    lost: { api: true, network: false },
  },
  {
    what: "the tunnel",
    begin: (machine) => machine.setLinkFaults(between("milan", "rome", "tunnel")),
    lost: { api: false, network: true },
  },
  {
    what: "the tunnel, one way",
    begin: (machine) => machine.setLinkFaults([{ from: "rome", to: "milan", traffic: "tunnel" }]),
    lost: { api: false, network: true },
  },
  {
    what: "everything",
    begin: (machine) => machine.setLinkFaults(between("milan", "rome", "all")),
    lost: { api: true, network: true },
  },
];

describe("what is lost is told", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let machine: Machine;
  let url: string;

  before(async () => {
    clusters = await takePeered();
    machine = machineOf(clusters.engine);
    url = await serve(clusters);
  });

  after(() => clusters?.[Symbol.asyncDispose]());

  for (const { what, begin, end, lost } of LOSSES) {
    it(`${what}: told, and told when it is back`, async (t) => {
      await using load = new Load(url);
      const lostMs = performance.now();
      await begin(machine);
      try {
        await eventually("Node, ForeignCluster, info and pod say so", () => says(clusters, lost), TOLD_MS);
        t.diagnostic(`told after ${Math.round(performance.now() - lostMs)} ms`);
        const failed = load.since(lostMs).filter(({ who }) => who === undefined).length;
        // A node that is not Ready has its pods marked at once, and its virtual kubelet takes that back.
        if (!lost.network) assert.ok(failed <= 3, `${failed} requests failed though the pod could be reached`);
      } finally {
        await (end === undefined ? machine.setLinkFaults([]) : end(machine));
      }
      await eventually("all is well again", () => says(clusters, NOTHING_LOST), HEALED_MS);
      await eventually("the pod answers", async () => assert.ok(await page(url, 500)), HEALED_MS);
    });
  }
});

/** One pod far away behind a Service of milan; its address. */
async function serve(clusters: Clusters): Promise<string> {
  const { kubectl, liqoctl } = clusters;
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  const overrides = JSON.stringify({ spec: { nodeSelector: { "liqo.io/type": "virtual-node" } } });
  await kubectl("milan", "run", "far", "-n", NAMESPACE, "--image=nginx", "--port=80", `--overrides=${overrides}`);
  await kubectl("milan", "expose", "pod", "far", "-n", NAMESPACE, "--type=LoadBalancer");
  await kubectl("milan", "wait", "-n", NAMESPACE, "pod", "far", "--for=condition=Ready", "--timeout=60s");
  const address = await loadBalancerAddress(clusters, NAMESPACE, "far");
  const url = `http://${address}/`;
  await eventually("the pod answers", async () => assert.ok(await page(url, 500)));
  return url;
}

async function says(clusters: Clusters, lost: Lost): Promise<void> {
  await Promise.all([assertTold(clusters, lost), assertPodTold(clusters, NAMESPACE, "far", lost)]);
}
