/**
 * `--plan` says what then happens: what it would create and delete is what the clusters have gained and lost afterwards, in
 * all kinds, and nothing is written while it is made.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import { needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { PlanSteps } from "./plan-steps.ts";

const NAMES = ["milan", "rome"] as const;
const BOTH = ["--context", "milan", "--remote-context", "rome"] as const;

const CLAIM = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce"], storageClassName: "liqo", resources: { requests: { storage: "16Mi" } } },
};

/** A claim has its volume where its first pod runs. */
const FILLER = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "filler" },
  spec: {
    nodeSelector: { "kubernetes.io/hostname": "worker-node-1" },
    volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
    containers: [{ name: "filler", image: "nginx", volumeMounts: [{ name: "data", mountPath: "/data" }] }],
  },
};

describe("plans", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let steps: PlanSteps;

  before(async () => {
    clusters = await startClusters(...NAMES.map((name) => ({ name, workers: 1, auditLog: true })));
    steps = new PlanSteps(clusters);
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
    await steps.untilInstalled();
  });
  after(() => {
    steps?.[Symbol.dispose]();
    return clusters?.[Symbol.asyncDispose]();
  });

  it("peer, with the places that the CIDRs then have, and the twin of what is offloaded already", async () => {
    const { kubectl, liqoctl } = clusters;
    // It has waited for a provider.
    await kubectl("milan", "create", "namespace", "early");
    await liqoctl("offload", "namespace", "early", "--context", "milan");
    const { addresses } = await steps.follow(0, "peer", ...BOTH);
    const found = await Promise.all(
      NAMES.map((name) => clusters.get<{ items: Configuration[] }>(name, "configurations", "-A")),
    );
    const seen = found.flatMap(({ items }) =>
      items.flatMap(({ status }) => Object.values(status?.remote?.cidr ?? {}).flat()),
    );
    assert.equal(addresses.length, 4);
    assert.deepEqual(addresses.map(({ seenAs }) => seenAs).sort(), seen.sort());
    const again = await steps.planned(["peer", ...BOTH]);
    assert.deepEqual(again.plan.changes, []);
  });

  it("offload namespace", async () => {
    const { kubectl } = clusters;
    await kubectl("milan", "create", "namespace", "shop");
    const run = (...args: readonly string[]) => kubectl("milan", "-n", "shop", ...args);
    await run("create", "deployment", "web", "--image=nginx", "--replicas=2");
    await run("expose", "deployment", "web", "--port=80");
    await run("create", "configmap", "settings", "--from-literal=colour=blue");
    await run("create", "secret", "generic", "password", "--from-literal=word=x");
    await run("rollout", "status", "deployment", "web", "--timeout=60s");
    const plan = await steps.follow(0, "offload", "namespace", "shop", "--context", "milan");
    assert.equal(plan.command, "liqoctl offload namespace shop --context milan");
    assert.deepEqual(
      plan.pods.map(({ fate }) => fate),
      ["stays", "stays"],
    );
  });

  it("move volume, to the provider and home again", async () => {
    const { kubectl } = clusters;
    const run = (...args: readonly string[]) => kubectl("milan", "-n", "shop", ...args);
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: [CLAIM, FILLER] });
    const applied = await clusters.tryKubectl("milan", ["-n", "shop", "apply", "-f", "-"], { input });
    assert.equal(applied.code, 0, applied.stderr);
    await run("wait", "pod/filler", "--for=condition=Ready", "--timeout=60s");
    await run("delete", "pod", "filler", "--now");
    for (const node of ["liqo-rome", "worker-node-1"]) {
      const move = ["move", "volume", "data", "-n", "shop", "--target-node", node, ...BOTH];
      await steps.follow(0, ...move);
      const again = await steps.planned(move);
      assert.deepEqual(again.plan.remarks, [`claim shop/data is on node ${node} already`]);
    }
    await run("delete", "pvc", "data", "--timeout=60s");
  });

  it("unoffload namespace", async () => {
    const { kubectl } = clusters;
    const run = (...args: readonly string[]) => kubectl("milan", "-n", "shop", ...args);
    const overrides = JSON.stringify({ spec: { nodeSelector: { "liqo.io/type": "virtual-node" } } });
    await run("run", "alone", "--image=nginx", `--overrides=${overrides}`);
    await run("wait", "pod/alone", "--for=condition=Ready", "--timeout=60s");
    await kubectl("rome", "-n", "shop-milan", "create", "configmap", "own", "--from-literal=a=b");
    const plan = await steps.follow(2, "unoffload", "namespace", "shop", ...BOTH);
    assert.deepEqual(plan.destructive, [
      "pod shop/alone of milan ends: no controller makes it again",
      "ConfigMap shop-milan/own at rome, which is nobody's copy, is deleted",
    ]);
  });

  it("drain tenant", async () => {
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", "bank");
    await kubectl("milan", "-n", "bank", "create", "configmap", "settings", "--from-literal=colour=blue");
    await liqoctl("offload", "namespace", "bank", "--context", "milan", "--pod-offloading-strategy", "Remote");
    await kubectl("milan", "-n", "bank", "create", "deployment", "desk", "--image=nginx");
    await kubectl("milan", "-n", "bank", "rollout", "status", "deployment", "desk", "--timeout=60s");
    const plan = await steps.follow(2, "drain", "tenant", "milan", "--context", "rome");
    assert.match(plan.destructive.join(), /^pod bank-milan\/desk-\S+ of rome ends: its namespace goes; [^,]+$/);
    await kubectl("milan", "delete", "namespace", "bank", "early", "--timeout=60s");
  });

  it("unpeer", async () => {
    const plan = await steps.follow(2, "unpeer", ...BOTH, "--delete-namespaces");
    assert.deepEqual(plan.destructive, ["the connection between milan and rome breaks"]);
  });

  it("network connect, with the keys later, and another MTU", async () => {
    const later = await steps.follow(0, "network", "connect", ...BOTH, "--disable-sharing-keys");
    assert.ok(!later.changes.some(({ kind }) => kind === "Identity" || kind === "PublicKey"));
    await steps.follow(0, "network", "connect", ...BOTH);
    const { changes } = await steps.follow(0, "network", "connect", ...BOTH, "--mtu", "1300");
    assert.deepEqual(
      changes.map(({ cluster, verb, kind, name }) => `${cluster} ${verb} ${kind} ${name}`),
      ["milan change GatewayClient rome", "rome change GatewayServer milan"],
    );
    const again = await steps.planned(["network", "connect", ...BOTH, "--mtu", "1300"]);
    assert.deepEqual(again.plan.changes, []);
  });

  it("authenticate and unauthenticate", async () => {
    await steps.follow(0, "authenticate", ...BOTH);
    await steps.follow(0, "unauthenticate", ...BOTH);
  });

  it("network disconnect and reset", async () => {
    await steps.follow(2, "network", "disconnect", ...BOTH, "--wait");
    await steps.follow(0, "network", "reset", ...BOTH, "--wait");
    // Namespaces and ForeignClusters, which Liqo would be in use for.
    await steps.follow(0, "unpeer", ...BOTH, "--delete-namespaces");
  });

  for (const [cluster, ...more] of [["milan"], ["rome", "--purge"]] as const)
    it(["uninstall", ...more].join(" "), async () => {
      const plan = await steps.follow(0, "uninstall", "--context", cluster, ...more);
      assert.deepEqual(plan.destructive, []);
    });
});
