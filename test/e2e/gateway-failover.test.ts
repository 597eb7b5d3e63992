/**
 * The gateway in charge ends, or is replaced: pods reach those of the other cluster again at once, and the connections that
 * they have stay.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Deployment } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { RunningContainer } from "#engines/engine.ts";
import { kernelState } from "#engines/kernel-state.ts";
import { type Clusters, startPeered } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { GatewayTraffic } from "#kit/gateway-traffic.ts";

const GATEWAYS = "networking.liqo.io/component=gateway";
const ACTIVE = `${GATEWAYS},networking.liqo.io/active=true`;
const UNBALANCED = "node.kubernetes.io/exclude-from-external-load-balancers";
/** Within so long after the fault a new connection is made at once again. */
const BACK_MS = 3_000;
/** Of the Lease, and of the candidate's next look. */
const LEASE_MS = 40_000;
/** So long without a request that waits: with two in charge some do each second. */
const SETTLED_MS = 8_000;
/** Two that wait for one reason are nearer to each other. */
const APART_MS = 1_000;
const ENDS = [
  { cluster: "milan", end: "client", namespace: "liqo-tenant-rome", deployment: "deployment/gw-rome" },
  { cluster: "rome", end: "server", namespace: "liqo-tenant-milan", deployment: "deployment/gw-milan" },
] as const;
/** Each of them concerns dozens of objects. */
const ROUNDS = 10;
const RECONCILED =
  "routeconfigurations,firewallconfigurations,internalfabrics,genevetunnels,publickeies,wggatewayservers,wggatewayclients";
const LOOK = "ip -o link | cut -d: -f1,2; wg show liqo-tunnel listen-port; wg show liqo-tunnel peers";
type End = (typeof ENDS)[number];

for (const replicas of [2, 1])
  describe(`of ${replicas} gateways`, { concurrency: 1, skip: needsOwnClusters() }, () => {
    let clusters: Clusters;
    let traffic: GatewayTraffic;
    before(async () => {
      // The controller manager tells Services and nodes who is in charge: it may not lie where the gateway does, alone.
      const all = `networking.gatewayTemplates.replicas=${replicas},controllerManager.replicas=${replicas}`;
      clusters = await startPeered({}, "--set", all);
      traffic = await GatewayTraffic.start(clusters, "worker-node-1");
    });
    after(async () => {
      await traffic?.[Symbol.asyncDispose]();
      await clusters?.[Symbol.asyncDispose]();
    });

    for (const at of ENDS) {
      if (replicas > 1) {
        test(`the ${at.end} in charge is killed`, async (t) => {
          const pod = await inCharge(at);
          await survives(t, () => machineOf(clusters.engine).kill(at.cluster, containerOf(pod)));
        });

        test(`the ${at.end} in charge hangs, and later goes on`, async (t) => {
          const pod = await inCharge(at);
          const machine = machineOf(clusters.engine);
          await survives(t, () => machine.kill(at.cluster, containerOf(pod), "SIGSTOP"));
          await survives(t, () => machine.kill(at.cluster, containerOf(pod), "SIGCONT"));
          assert.notEqual(nameOf(await inCharge(at)), nameOf(pod));
        });

        test(`the node of the ${at.end} in charge is drained`, async (t) => {
          const pod = await inChargeElsewhere(at);
          const node = pod.spec?.nodeName ?? "";
          const how = ["--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=90s"];
          try {
            await survives(t, () => clusters.kubectl(at.cluster, "drain", node, ...how));
          } finally {
            await clusters.kubectl(at.cluster, "uncordon", node);
          }
          assert.notEqual(nameOf(await inCharge(at)), nameOf(pod));
        });
      }

      if (replicas > 1)
        test(`the node of the ${at.end} in charge is cut off, and later is back`, async (t) => {
          const pod = await inChargeElsewhere(at);
          const node = pod.spec?.nodeName ?? "";
          const machine = machineOf(clusters.engine);
          try {
            // Who answers for a load balancer's address is the cluster's to mend, and takes it much longer.
            await clusters.kubectl(at.cluster, "label", "node", node, `${UNBALANCED}=`);
            await traffic.flows();
            await survives(t, () => machine.setNodeCut(at.cluster, node, true));
          } finally {
            await survives(t, () => machine.setNodeCut(at.cluster, node, false));
            await clusters.kubectl(at.cluster, "label", "node", node, `${UNBALANCED}-`);
          }
          assert.notEqual(nameOf(await inCharge(at)), nameOf(pod));
        });

      if (replicas > 1)
        test(`the ${at.end} in charge is cut off from its API server alone`, async () => {
          const pod = await inCharge(at);
          const machine = machineOf(clusters.engine);
          try {
            await machine.setApiServerCut(at.cluster, containerOf(pod), true);
            await eventually(
              "another one is in charge",
              async () => assert.notEqual(nameOf(await inCharge(at)), nameOf(pod)),
              LEASE_MS,
            );
            // Both speak to the peer, until the former learns from it that there is a latter.
            await traffic.calm(SETTLED_MS);
          } finally {
            await machine.setApiServerCut(at.cluster, containerOf(pod), false);
          }
          assert.equal((await traffic.outcome(performance.now())).held, 0, "the held connection broke");
        });

      test(`the ${at.end} in charge is deleted`, async (t) => {
        const name = nameOf(await inCharge(at));
        await survives(t, () =>
          clusters.kubectl(at.cluster, "delete", "pod", name, "-n", at.namespace, "--wait=false"),
        );
        assert.notEqual(nameOf(await inCharge(at)), name);
      });

      test(`the ${at.end} is replaced`, async (t) => {
        const name = nameOf(await inCharge(at));
        await survives(t, async () => {
          await clusters.kubectl(at.cluster, "rollout", "restart", at.deployment, "-n", at.namespace);
          await clusters.kubectl(at.cluster, "rollout", "status", at.deployment, "-n", at.namespace, "--timeout=90s");
        });
        assert.notEqual(nameOf(await inCharge(at)), name);
      });
    }

    if (replicas === 1)
      test("what is reconciled again and again stays as it is", async (t) => {
        const before = await kernel();
        const stranger = (key: string): string => forgeStranger(key.repeat(43));
        await survives(t, async () => {
          for (let round = 0; round < ROUNDS; round++) {
            for (const { cluster, namespace } of ENDS) {
              const touch = ["--all", "-A", "--overwrite", `example.org/round=${round}`];
              await clusters.kubectl(cluster, "label", RECONCILED, ...touch);
              await clusters.tryKubectl(cluster, ["apply", "-n", namespace, "-f", "-"], {
                input: stranger(round % 2 === 0 ? "A" : "B"),
              });
            }
          }
        });
        assert.deepEqual(await kernel(), before);
      });

    /** Numbers of interfaces, ports and keys of both gateways, and all of the nodes' that is theirs. */
    async function kernel(): Promise<string[]> {
      const { nodeNamespace } = machineOf(clusters.engine);
      const found: string[] = [];
      for (const at of ENDS) {
        const pod = nameOf(await inCharge(at));
        const look = ["exec", pod, "-n", at.namespace, "--", "sh", "-c", LOOK];
        found.push(await clusters.kubectl(at.cluster, ...look));
        for (const node of ["worker-node-1", "worker-node-2"])
          found.push(...(await kernelState(nodeNamespace(at.cluster, node))));
      }
      return found;
    }

    /** The pod in charge, once all that there are to be are ready. */
    function inCharge({ cluster, namespace, deployment }: End): Promise<Pod> {
      return eventually(`all ${replicas} gateways are ready, and one is in charge`, async () => {
        const { status } = await clusters.get<Deployment>(cluster, deployment, "-n", namespace);
        assert.deepEqual([status?.replicas, status?.readyReplicas], [replicas, replicas]);
        const { items } = await clusters.get<{ items: Pod[] }>(cluster, "pods", "-n", namespace, "-l", ACTIVE);
        const [pod] = items;
        assert.ok(pod !== undefined && items.length === 1 && pod.metadata?.deletionTimestamp === undefined);
        return pod;
      });
    }

    /** On another node than the pod whose traffic it carries; after a drain none is there, until one is made anew. */
    async function inChargeElsewhere(at: End): Promise<Pod> {
      const node = await traffic.nodeOf(at.cluster);
      for (let tries = 0; tries < replicas; tries++) {
        const pod = await inCharge(at);
        if (pod.spec?.nodeName !== node) return pod;
        await clusters.kubectl(at.cluster, "delete", "pod", nameOf(pod), "-n", at.namespace);
      }
      const pod = await inCharge(at);
      assert.notEqual(pod.spec?.nodeName, node, "no gateway is on another node");
      return pod;
    }

    async function survives(t: { diagnostic(text: string): void }, fault: () => Promise<unknown>): Promise<void> {
      await traffic.flows();
      const heldBefore = traffic.held.faults();
      const faultMs = performance.now();
      await fault();
      const { requests, lost, waited, slowestMs, held } = await traffic.outcome(faultMs);
      const gapMs = longestGap(waited);
      t.diagnostic(
        `${requests} requests, ${lost} lost, ${waited.length} waited, over ${gapMs} ms, at most ${slowestMs} ms`,
      );
      assert.equal(lost, 0, lost === 0 ? "" : await traffic.complaints());
      assert.ok(gapMs < BACK_MS, `requests had to wait that began ${waited.join(", ")} ms after it`);
      assert.equal(held - heldBefore, 0, "the held connection broke");
    }
  });

/** The longest stretch in which one after the other had to wait: a rollout may hand over more than once. */
function longestGap(waited: readonly number[]): number {
  let longest = 0;
  let beginMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const atMs of waited.toSorted((a, b) => a - b)) {
    if (atMs - lastMs > APART_MS) beginMs = atMs;
    lastMs = atMs;
    longest = Math.max(longest, lastMs - beginMs);
  }
  return longest;
}

function containerOf({ spec, status }: Pod): RunningContainer {
  return { node: spec?.nodeName ?? "", containerId: status?.containerStatuses?.[0]?.containerID ?? "" };
}

/** The key of a peer that has no gateway here. */
function forgeStranger(key: string): string {
  const labels = { "liqo.io/remote-cluster-id": "oslo", "networking.liqo.io/gateway-resource": "true" };
  const metadata = { name: "oslo", labels };
  const spec = { publicKey: `${key}=` };
  return JSON.stringify({ apiVersion: "networking.liqo.io/v1beta1", kind: "PublicKey", metadata, spec });
}

function nameOf({ metadata }: Pod): string {
  return metadata?.name ?? "";
}
