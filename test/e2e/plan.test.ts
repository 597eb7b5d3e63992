/**
 * `--plan` says what then happens: what it would create and delete is what the clusters have gained and lost afterwards, in
 * all kinds, and nothing is written while it is made.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Configuration } from "#api/networking/configuration.ts";
import type { Change, Plan } from "#cli/plan/model.ts";
import { isTold } from "#cli/plan/model.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { nameOf } from "#kit/inventory.ts";
import { type MetadataInventory, openMetadataInventory } from "#kit/metadata-inventory.ts";

const NAMES = ["milan", "rome"] as const;
const BOTH = ["--context", "milan", "--remote-context", "rome"] as const;
const READ_VERBS = new Set(["get", "list", "watch"]);

/** What controllers make last of an installation. */
const INSTALLED = [
  "FirewallConfiguration liqo/api-server-proxy-remap-ipmapping-gw",
  "FirewallConfiguration liqo/api-server-remap-ipmapping-gw",
  "FirewallConfiguration liqo/gw-mss-clamping",
  "FirewallConfiguration liqo/service-nodeport-routing",
  "RouteConfiguration liqo/worker-node-1-extcidr",
  "RouteConfiguration liqo/worker-node-1-gw-node",
  "RouteConfiguration liqo/worker-node-1-service-nodeport-routing",
  "Secret liqo/authentication-keys",
];

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
  const inventories = new Map<string, MetadataInventory>();

  before(async () => {
    clusters = await startClusters(...NAMES.map((name) => ({ name, workers: 1, auditLog: true })));
    for (const name of NAMES) inventories.set(name, openMetadataInventory(clusters.engine.kubeconfig, name));
    await Promise.all(clusters.clusters.map((cluster) => installLiqo(clusters, cluster)));
    await eventually("all that follows from an installation", async () => {
      const now = await told();
      const missing = NAMES.flatMap((name) => INSTALLED.map((line) => `${name} ${line}`)).filter(
        (line) => !now.includes(line),
      );
      assert.deepEqual(missing, []);
    });
  });
  after(() => {
    for (const inventory of inventories.values()) inventory[Symbol.dispose]();
    return clusters?.[Symbol.asyncDispose]();
  });

  it("peer, with the places that the CIDRs then have, and the twin of what is offloaded already", async () => {
    const { kubectl, liqoctl } = clusters;
    // It has waited for a provider.
    await kubectl("milan", "create", "namespace", "early");
    await liqoctl("offload", "namespace", "early", "--context", "milan");
    const { addresses } = await follow(0, "peer", ...BOTH);
    const found = await Promise.all(
      NAMES.map((name) => clusters.get<{ items: Configuration[] }>(name, "configurations", "-A")),
    );
    const seen = found.flatMap(({ items }) =>
      items.flatMap(({ status }) => Object.values(status?.remote?.cidr ?? {}).flat()),
    );
    assert.equal(addresses.length, 4);
    assert.deepEqual(addresses.map(({ seenAs }) => seenAs).sort(), seen.sort());
    const again = await planned(["peer", ...BOTH]);
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
    const plan = await follow(0, "offload", "namespace", "shop", "--context", "milan");
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
      await follow(0, ...move);
      const again = await planned(move);
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
    const plan = await follow(2, "unoffload", "namespace", "shop", ...BOTH);
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
    const plan = await follow(2, "drain", "tenant", "milan", "--context", "rome");
    assert.match(plan.destructive.join(), /^pod bank-milan\/desk-\S+ of rome ends: its namespace goes; [^,]+$/);
    await kubectl("milan", "delete", "namespace", "bank", "early", "--timeout=60s");
  });

  it("unpeer", async () => {
    const plan = await follow(2, "unpeer", ...BOTH, "--delete-namespaces");
    assert.deepEqual(plan.destructive, ["the connection between milan and rome breaks"]);
  });

  it("network connect, with the keys later, and another MTU", async () => {
    const later = await follow(0, "network", "connect", ...BOTH, "--disable-sharing-keys");
    assert.ok(!later.changes.some(({ kind }) => kind === "Identity" || kind === "PublicKey"));
    await follow(0, "network", "connect", ...BOTH);
    const { changes } = await follow(0, "network", "connect", ...BOTH, "--mtu", "1300");
    assert.deepEqual(
      changes.map(({ cluster, verb, kind, name }) => `${cluster} ${verb} ${kind} ${name}`),
      ["milan change GatewayClient rome", "rome change GatewayServer milan"],
    );
    const again = await planned(["network", "connect", ...BOTH, "--mtu", "1300"]);
    assert.deepEqual(again.plan.changes, []);
  });

  it("authenticate and unauthenticate", async () => {
    await follow(0, "authenticate", ...BOTH);
    await follow(0, "unauthenticate", ...BOTH);
  });

  it("network disconnect and reset", async () => {
    await follow(2, "network", "disconnect", ...BOTH, "--wait");
    await follow(0, "network", "reset", ...BOTH, "--wait");
    // Namespaces and ForeignClusters, which Liqo would be in use for.
    await follow(0, "unpeer", ...BOTH, "--delete-namespaces");
  });

  for (const [cluster, ...more] of [["milan"], ["rome", "--purge"]] as const)
    it(["uninstall", ...more].join(" "), async () => {
      const plan = await follow(0, "uninstall", "--context", cluster, ...more);
      assert.deepEqual(plan.destructive, []);
    });

  /** Plans, looks that nothing was written, does it, and compares. */
  async function follow(status: number, ...args: readonly string[]): Promise<Plan> {
    const before = await told();
    const { code, plan } = await planned(args);
    assert.equal(code, status);
    // The line that it says itself.
    await clusters.liqoctl(...plan.command.split(" ").slice(1), "--skip-confirm");
    const wanted = { create: linesOf(plan.changes, "create"), delete: linesOf(plan.changes, "delete") };
    await eventually(`what the plan of ${args.join(" ")} says`, async () => {
      const now = await told();
      assert.deepEqual(
        {
          create: now
            .filter((line) => !before.includes(line))
            .map(withoutUid)
            .sort(),
          delete: before.filter((line) => !now.includes(line)),
        },
        wanted,
      );
    });
    return plan;
  }

  async function planned(args: readonly string[]): Promise<{ code: number; plan: Plan }> {
    const { engine, tryLiqoctl } = clusters;
    const writes = () =>
      NAMES.flatMap((name) => machineOf(engine).auditEvents(name)).filter(
        ({ verb, userAgent }) => userAgent?.startsWith("liqoctl") === true && !READ_VERBS.has(verb),
      ).length;
    const before = writes();
    const { code, stdout, stderr } = await tryLiqoctl([...args, "--plan", "-o", "json"]);
    assert.ok(code === 0 || code === 2, stderr);
    assert.equal(writes(), before, "something was written");
    return { code, plan: JSON.parse(stdout) as Plan };
  }

  async function told(): Promise<string[]> {
    const lists = [...inventories].map(async ([name, inventory]) =>
      (await inventory.list()).filter(isTold).map((object) => `${name} ${nameOf(object)}`),
    );
    return (await Promise.all(lists)).flat().sort();
  }
});

/** What is there for a while is gone by then. */
function linesOf(changes: readonly Change[], verb: Change["verb"]): string[] {
  const lines = changes
    .filter((change) => change.verb === verb && change.isTemporary !== true)
    .map(({ cluster, kind, namespace = "-", name }) => `${cluster} ${kind} ${namespace}/${name}`);
  return (verb === "create" ? lines.map(withoutUid) : lines).sort();
}

/** Of what is created the uid is not known before. */
function withoutUid(line: string): string {
  return line.replace(/<uid of [^>]+>|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, "<uid>");
}
