/**
 * `liqoctl install --plan` says what then happens: on a cluster without Liqo, and of upgrades of one that has a peer, with the
 * gateways and virtual kubelets that follow.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import type { Plan } from "#cli/plan/model.ts";
import { isTold } from "#cli/plan/model.ts";
import { needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { linesOf, PlanSteps } from "./plan-steps.ts";

const NAMES = ["milan", "rome"] as const;
/** They follow the addresses of pods, as EndpointSlices do: docs/usage/plan.md. */
const FOLLOWS_PODS = /^milan (RouteConfiguration \S+-gw-node|InternalFabric \S+|Pod \S+)$/;
const MORE = ["--enable-metrics", "--set", "networking.gatewayTemplates.ping.interval=3s"] as const;
const MASQUERADE = "networking.fabric.config.fullMasquerade=true,networking.fabric.config.gatewayMasqueradeBypass=true";

describe("plans of installations", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let steps: PlanSteps;

  before(async () => {
    clusters = await startClusters(...NAMES.map((name) => ({ name, workers: 1, auditLog: true })));
    steps = new PlanSteps(clusters);
  });
  after(() => {
    steps?.[Symbol.dispose]();
    return clusters?.[Symbol.asyncDispose]();
  });

  for (const name of NAMES)
    it(`a cluster without Liqo: ${name}`, async () => {
      const plan = await steps.follow(0, ...install(name));
      assert.equal(plan.command, ["liqoctl", ...install(name)].join(" "));
      const grants = plan.rights.map(({ to, role }) => `${to}: ${role}`);
      assert.ok(grants.includes("ServiceAccount liqo/liqo-fabric: ClusterRole liqo-fabric"), grants.join("\n"));
    });

  it("the same again: nothing changes but Helm's records", async () => {
    await steps.untilInstalled();
    await clusters.liqoctl("peer", "--context", "milan", "--remote-context", "rome");
    await clusters.kubectl("milan", "-n", "liqo-tenant-rome", "rollout", "status", "deployment", "--timeout=60s");
    const { code, plan } = await steps.planned(install("milan"));
    assert.equal(code, 0);
    assert.deepEqual(
      plan.changes.map(({ verb, name }) => `${verb} ${name}`),
      ["create sh.helm.release.v1.liqo.v2", "change sh.helm.release.v1.liqo.v1"],
    );
    assert.deepEqual(plan.pods, []);
  });

  for (const [what, values, rolled] of [
    [
      "metrics, and other gateways",
      MORE,
      ["gw-rome", "liqo-controller-manager", "liqo-fabric", "liqo-proxy", "vk-liqo-rome"],
    ],
    [
      "a second controller manager, no proxy, other masquerading",
      ["--set", `controllerManager.replicas=2,proxy.enabled=false,${MASQUERADE}`],
      ["gw-rome", "liqo-controller-manager", "liqo-fabric", "vk-liqo-rome"],
    ],
    ["all as at first", [], ["liqo-controller-manager"]],
  ] as const)
    it(`an upgrade: ${what}`, async () => {
      const plan = await followUpgrade(values);
      assert.deepEqual([...new Set(plan.pods.map(({ why }) => why.split(" ")[1]))].sort(), rolled);
    });

  it("a network that is switched off breaks connections", async () => {
    const { code, plan } = await steps.planned([...install("milan"), "--set", "networking.enabled=false"]);
    assert.equal(code, 2);
    assert.deepEqual(plan.destructive, ["the connection between milan and rome breaks"]);
  });

  for (const [what, more, message] of [
    [
      "another external CIDR",
      ["--set", "ipam.externalCIDR=10.71.0.0/16"],
      /Network liqo\/external-cidr: spec\.cidr is immutable/,
    ],
    [
      "another cluster id",
      ["--cluster-id", "turin"],
      /Liqo is installed with the cluster id milan, which cannot change/,
    ],
    ["a value that the chart refuses", ["--set", "controllerManager.replicas=none"], /controllerManager\/replicas/],
    ["a dry run", ["--dry-run"], /--plan and --dry-run are two questions/],
  ] as const)
    it(`refused as by the installation: ${what}`, async () => {
      const { code, stderr } = await clusters.tryLiqoctl([...install("milan"), "--plan", ...more]);
      assert.equal(code, 1);
      assert.match(stderr, message);
    });

  function install(name: string): string[] {
    const cluster = clusters.clusters.find((each) => each.name === name);
    assert.ok(cluster);
    const cidrs = ["--pod-cidr", cluster.podCidr, "--service-cidr", cluster.serviceCidr];
    return ["install", "--context", name, "--cluster-id", name, ...cidrs];
  }

  /** Compares what changes, too, and which pods are others afterwards. */
  async function followUpgrade(values: readonly string[]): Promise<Plan> {
    const [before, podsBefore] = [await contents(), await pods()];
    const plan = await steps.follow(0, ...install("milan"), ...values);
    await eventually("what the plan says of changes", async () => {
      const now = await contents();
      const changed = [...before].filter(([line, hash]) => now.has(line) && now.get(line) !== hash);
      assert.deepEqual(changed.map(([line]) => line).sort(), linesOf(plan.changes, "change"));
    });
    await eventually("what the plan says of pods", async () => {
      const now = new Set(await pods());
      const isOfDeleted = (pod: string) =>
        plan.changes.some(
          ({ verb, kind, name }) => verb === "delete" && kind === "Deployment" && pod.includes(`/${name}-`),
        );
      assert.deepEqual(
        podsBefore.filter((pod) => !now.has(pod) && !isOfDeleted(pod)),
        plan.pods.map(({ namespace, name }) => `${namespace}/${name}`).sort(),
      );
    });
    return plan;
  }

  async function contents(): Promise<Map<string, string>> {
    const all = await steps.contents("milan");
    return new Map(
      [...all].filter(([line]) => {
        const [, kind = "", key = ""] = line.split(" ");
        return isTold({ kind, metadata: { name: key.split("/")[1] ?? "" } }) && !FOLLOWS_PODS.test(line);
      }),
    );
  }

  async function pods(): Promise<string[]> {
    const { items } = await clusters.get<{ items: Pod[] }>("milan", "pods", "-A");
    return items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`).sort();
  }
});
