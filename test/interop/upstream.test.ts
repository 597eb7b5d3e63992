/**
 * Our Liqo and upstream's in one federation: each as consumer and as provider, with network and without, driven by
 * either liqoctl. Both run on the embedded engine.
 *
 * Not expected: packets between nodes and gateway on upstream's side. It knows Geneve alone, which the kernels of small
 * virtual machines lack; so of the network the tunnel between the gateways is looked at, and no pod talks through it.
 *
 * The node of a second peering takes 15 s with upstream as consumer: its virtual kubelet waits for the first one's lease.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Node, Pod } from "kubernetes-types/core/v1";
import { chosenName } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { OURS, type Play, STEP_NAMES, stepsOf, THEIRS } from "./play.ts";
import { ResultTable } from "./result-table.ts";
import { findUpstream, installUpstream, offerImages } from "./upstream.ts";

/** Offloaded while upstream's Liqo is replaced. */
const MOVED = "moved";
const upstream = findUpstream();
const skip =
  typeof upstream === "string"
    ? upstream
    : chosenName() !== "playground" && "upstream's images come from the embedded engine's catalogue";

describe("beside upstream Liqo", { concurrency: 1, skip }, () => {
  const results = new ResultTable(STEP_NAMES);
  let clusters: Clusters;

  before(async () => {
    if (typeof upstream === "string") return;
    clusters = await startClusters({ name: OURS, workers: 1 }, { name: THEIRS, workers: 1 });
    offerImages(upstream, clusters.engine.env["LIQO_PLAYGROUND_HOME"] ?? "");
    const [ours, theirs] = clusters.clusters;
    if (ours === undefined || theirs === undefined) throw new Error("there are not two clusters");
    await Promise.all([installLiqo(clusters, ours), installUpstream(upstream, clusters, theirs)]);
  });

  after(async () => {
    process.stdout.write(`\nBeside upstream Liqo:\n${results.format()}\n\n`);
    await clusters?.[Symbol.asyncDispose]();
  });

  for (const play of plays()) {
    const title = titleOf(play);
    describe(title, { concurrency: 1 }, () => {
      for (const name of STEP_NAMES) {
        if (name === "network" && !play.isNetworked) continue;
        test(name, () =>
          results.note(title, name, async () => {
            if (typeof upstream === "string") return;
            await stepsOf(play, upstream, clusters)
              .find((step) => step.name === name)
              ?.run();
          }),
        );
      }
    });
  }

  describe("our liqoctl on the cluster that has upstream's Liqo", { concurrency: 1 }, () => {
    const install = (...more: readonly string[]) => {
      const { podCidr = "", serviceCidr = "" } = clusters.clusters.find(({ name }) => name === THEIRS) ?? {};
      const cidrs = ["--pod-cidr", podCidr, "--service-cidr", serviceCidr];
      return clusters.tryLiqoctl(["install", "--context", THEIRS, ...cidrs, ...more]);
    };

    test("install names what is there, and does not replace it unless it is told to", async () => {
      const { code, stderr } = await install();
      assert.equal(code, 1);
      assert.match(stderr, /holds upstream's Liqo .* \(Deployments liqo-crd-replicator, .*which would be replaced/);
      assert.match(stderr, /nobody is there to confirm it\n {2}add --skip-confirm/);
      await clusters.kubectl(THEIRS, "get", "deployment", "liqo-crd-replicator", "-n", "liqo");
    });

    test("replaced with a peering, that goes on under the same node, with the same pods", async () => {
      await clusters.liqoctl("peer", "--context", THEIRS, "--remote-context", OURS, "--networking-disabled");
      await clusters.kubectl(THEIRS, "create", "namespace", MOVED);
      await clusters.liqoctl("offload", "namespace", MOVED, "--context", THEIRS, "--pod-offloading-strategy=Remote");
      await runPod("before");
      const before = await identities("before");
      const { code, stderr } = await install("--skip-confirm");
      assert.equal(code, 0, stderr);
      await eventually("our virtual kubelet stands for the node", async () => {
        const selector = ["nodes", "-l", "liqo.io/type=virtual-node"];
        const { items } = await clusters.get<{ items: Node[] }>(THEIRS, ...selector);
        assert.deepEqual(
          items.map(({ metadata, status }) => [metadata?.name, status?.nodeInfo?.kubeletVersion.endsWith("-liqo")]),
          [[OURS, true]],
        );
      });
      await eventually("offloading goes on", async () => {
        const info = await clusters.liqoctl("info", "--context", THEIRS, "-g", "peerings.peers");
        assert.match(info, /"offloadingStatus": ?"Healthy"/);
      });
      await runPod("after");
      assert.deepEqual(await identities("before"), before);
      await eventually("its log is read through ours", async () =>
        assert.match(await clusters.kubectl(THEIRS, "logs", "before", "-n", MOVED), /^I am here$/m),
      );
      await clusters.liqoctl("unoffload", "namespace", MOVED, "--context", THEIRS, "--skip-confirm");
      await clusters.liqoctl("unpeer", "--context", THEIRS, "--remote-context", OURS);
    });

    async function runPod(name: string): Promise<void> {
      const command = ["--command", "--", "sh", "-c", "echo I am here; exec sleep 1000"];
      await clusters.kubectl(THEIRS, "run", name, "-n", MOVED, "--image=busybox", "--restart=Never", ...command);
      await clusters.kubectl(THEIRS, "wait", "-n", MOVED, `pod/${name}`, "--for=condition=Ready", "--timeout=90s");
    }

    /** Of the pod and of its twin: which it is, and how often it was started again. */
    function identities(name: string): Promise<string[]> {
      const places = [
        [THEIRS, MOVED],
        [OURS, `${MOVED}-${THEIRS}`],
      ] as const;
      return Promise.all(
        places.map(async ([cluster, namespace]) => {
          const { metadata, status } = await clusters.get<Pod>(cluster, "pod", name, "-n", namespace);
          return `${metadata?.uid} ${status?.containerStatuses?.[0]?.restartCount}`;
        }),
      );
    }
  });
});

function plays(): Play[] {
  const sides = [
    { consumer: OURS, provider: THEIRS },
    { consumer: THEIRS, provider: OURS },
  ];
  return sides
    .flatMap((side) => [false, true].map((isNetworked) => ({ ...side, isNetworked })))
    .flatMap((half) => (["ours", "upstream's"] as const).map((cli) => ({ ...half, cli })))
    .map((play, index) => ({ ...play, namespace: `mix-${index + 1}` }));
}

function titleOf({ consumer, provider, isNetworked, cli }: Play): string {
  return `${consumer} → ${provider}, ${isNetworked ? "with" : "no"} network, ${cli} liqoctl`;
}
