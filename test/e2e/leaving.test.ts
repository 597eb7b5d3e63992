/**
 * Leaving always works, from one side and in bounded time: namespaces come home or go, and peerings end, with the other
 * cluster alive, dead, hung, or made anew under the same name. Afterwards the cluster that left holds what it held before it
 * peered, and the other one does once it is back and told the same.
 */
import assert from "node:assert/strict";
import { after, before, describe, it, type TestContext } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { chosenName, machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { TestCluster } from "#engines/engine.ts";
import { type Clusters, installLiqo, startClusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { difference, names, settled } from "#kit/inventory.ts";
import { isReady } from "#machinery/pod.ts";

type Name = "milan" | "rome";
type Fate = "alive" | "dead" | "hung" | "replaced";

interface Departure {
  /** What befalls the other cluster. */
  readonly victim: Name;
  readonly fate: Fate;
  readonly verb: "unpeer" | "force unpeer";
}

const DEPARTURES: readonly Departure[] = [
  { victim: "rome", fate: "alive", verb: "unpeer" },
  { victim: "rome", fate: "dead", verb: "unpeer" },
  { victim: "rome", fate: "hung", verb: "unpeer" },
  { victim: "rome", fate: "dead", verb: "force unpeer" },
  { victim: "milan", fate: "dead", verb: "unpeer" },
  { victim: "milan", fate: "hung", verb: "force unpeer" },
  { victim: "rome", fate: "replaced", verb: "unpeer" },
];

const PEERS = ["--context", "milan", "--remote-context", "rome"] as const;
const WORKERS = 1;
const BACK_MS = 30_000;
// To find out that nobody answers; and what a namespace takes to go by itself on genuine Kubernetes, measured: 24 s.
const DECIDED_MS = 10_000;
const SLACK_MS = 30_000;

describe("leaving", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  const pristine = new Map<Name, string[]>();

  before(async () => {
    clusters = await startClusters({ name: "milan", workers: WORKERS }, { name: "rome", workers: WORKERS });
    await Promise.all(clusters.clusters.map((cluster) => install(cluster)));
  });
  after(() => clusters?.[Symbol.asyncDispose]());

  it("what a provider that was away could not be told is done there when it is back", async (t) => {
    await peer();
    await Promise.all(["local", "gone"].map(occupy));
    await strike("rome", "dead");
    await comeHome(t);
    await mend("rome", "dead");
    await eventually("the twins are gone", async () => {
      assert.doesNotMatch(await clusters.kubectl("rome", "get", "namespaces", "-o", "name"), /(local|gone)-milan/);
    });
    // The peering is as good as before: the next test takes it up.
    await clusters.kubectl("milan", "delete", "namespace", "local");
  });

  it("a provider that was made anew is peered again by peer alone", { skip: cannotBe("replaced") }, async (t) => {
    const { kubectl, get } = clusters;
    await occupy("anew");
    await strike("rome", "replaced");
    await timed(t, "peer", () => peer());
    await eventually("the pod runs in the new cluster", async () => {
      const there = await get<Pod>("rome", "pod", "far", "-n", "anew-milan");
      const here = await get<Pod>("milan", "pod", "far", "-n", "anew");
      const idOf = ({ status }: Pod) => status?.containerStatuses?.[0]?.containerID;
      assert.ok(isReady(there) && isReady(here));
      assert.equal(idOf(here), idOf(there));
    });
    await kubectl("milan", "delete", "namespace", "anew", "--timeout=60s");
  });

  for (const { victim, fate, verb } of DEPARTURES) {
    const survivor = victim === "rome" ? "milan" : "rome";
    const cannot = cannotBe(fate, verb, victim);

    it(`${verb} of ${victim}, ${fate}, leaves ${survivor} as it was`, { skip: cannot }, async (t) => {
      // Namespaces come home in the same way whatever the peering ends by.
      const comesHome = survivor === "milan" && verb === "unpeer";
      const namespaces = comesHome ? ["local", "gone", "moving"] : ["moving"];
      await peer();
      await Promise.all(namespaces.map(occupy));
      await strike(victim, fate);
      if (comesHome) await comeHome(t);
      const said = await timed(t, verb, () => leave(verb, survivor, victim));
      const left = namespaces.filter((namespace) => !comesHome || namespace !== "gone");
      if (survivor === "milan") await clusters.kubectl("milan", "delete", "namespace", ...left);
      await isPristine(survivor);
      if (verb === "unpeer" && ["dead", "hung"].includes(fate)) assert.match(said, /was not told .*Left there: /);
      await mend(victim, fate);
      const remove = ["delete", "namespace", ...left, "--timeout=60s"];
      // Its provider answers, and lets it in no more.
      if (victim === "milan") await timed(t, "delete namespace", () => clusters.kubectl("milan", ...remove));
      if (fate === "dead" || fate === "hung") await timed(t, "once more", () => leave(verb, victim, survivor));
      await isPristine(victim);
    });
  }

  it("a chart that is uninstalled by Helm alone leaves nothing that waits for it", async (t) => {
    const { helm, kubectl } = clusters;
    await timed(t, "helm uninstall", () => helm("milan", "uninstall", "liqo", "--namespace", "liqo", "--wait"));
    await kubectl("milan", "delete", "namespace", "liqo", "--timeout=30s");
    assert.doesNotMatch((await names(clusters, "milan")).join("\n"), /liqo(?!\.io$)/m);
  });

  async function install(cluster: TestCluster): Promise<void> {
    await installLiqo(clusters, cluster);
    const name = cluster.name as Name;
    pristine.set(name, await settled(() => names(clusters, name)));
  }

  async function peer(): Promise<void> {
    await clusters.liqoctl("peer", ...PEERS);
  }

  /** A namespace with a pod that runs in the other cluster. */
  async function occupy(namespace: string): Promise<void> {
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", namespace);
    await liqoctl("offload", "namespace", namespace, "--context", "milan", "--pod-offloading-strategy", "Remote");
    await kubectl("milan", "run", "far", "-n", namespace, "--image=nginx");
    await kubectl("milan", "wait", "-n", namespace, "pod/far", "--for=condition=Ready", "--timeout=60s");
  }

  /** One namespace by Liqo's verb, one as any other namespace. */
  async function comeHome(t: TestContext): Promise<void> {
    const { kubectl, liqoctl } = clusters;
    const unoffload = ["unoffload", "namespace", "local", "--context", "milan", "--skip-confirm"];
    await timed(t, "unoffload", () => liqoctl(...unoffload));
    await timed(t, "delete namespace", () => kubectl("milan", "delete", "namespace", "gone", "--timeout=60s"));
  }

  async function strike(name: Name, fate: Fate): Promise<void> {
    const machine = machineOf(clusters.engine);
    if (fate === "dead") await machine.stop(name);
    if (fate === "hung") await machine.kill(name, "apiserver", "SIGSTOP");
    if (fate !== "replaced") return;
    await machine.replace?.({ name, workers: WORKERS });
    const cluster = clusters.clusters.find((each) => each.name === name);
    assert.ok(cluster);
    await install(cluster);
  }

  async function mend(name: Name, fate: Fate): Promise<void> {
    const machine = machineOf(clusters.engine);
    if (fate === "hung") await machine.kill(name, "apiserver", "SIGCONT");
    if (fate !== "dead") return;
    await machine.start(name);
    // Its webhooks stand before what a person writes.
    const dryRun = ["annotate", "foreigncluster", name === "milan" ? "rome" : "milan", "a=b", "--dry-run=server"];
    await eventually("Liqo's webhooks answer", () => clusters.kubectl(name, ...dryRun), BACK_MS);
  }

  /** `unpeer` names both, whichever side it is for. */
  async function leave(verb: Departure["verb"], survivor: Name, other: Name): Promise<string> {
    const force = ["force", "unpeer", other, "--context", survivor, "--skip-confirm"];
    const args = verb === "unpeer" ? ["unpeer", ...PEERS, "--delete-namespaces", "--skip-confirm"] : force;
    const { code, stdout, stderr } = await clusters.tryLiqoctl(args);
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  }

  async function isPristine(name: Name): Promise<void> {
    const before = pristine.get(name) ?? [];
    await eventually(
      `${name} holds what it held`,
      async () => assert.deepEqual(difference(before, await names(clusters, name)), []),
      BACK_MS,
    );
  }
});

/** Why this engine does not play it; false: it does. */
function cannotBe(fate: Fate, verb = "unpeer", victim = "rome"): string | false {
  if (chosenName() === "playground") return false;
  if (fate === "replaced") return "this engine cannot replace one cluster";
  const isShort = ["alive", "dead"].includes(fate) && verb === "unpeer" && victim === "rome";
  // Namespaces and gateways take their time there: each case is a minute, and what decides is the same.
  return !isShort && "played on the embedded engine";
}

/** Runs it in bounded time, and tells how long it took. */
async function timed<T>(t: TestContext, what: string, work: () => Promise<T>): Promise<T> {
  const startedMs = performance.now();
  const result = await work();
  const tookMs = performance.now() - startedMs;
  t.diagnostic(`${what}: ${(tookMs / 1000).toFixed(1)} s`);
  assert.ok(tookMs < DECIDED_MS + SLACK_MS, `${what} took ${tookMs} ms`);
  return result;
}
