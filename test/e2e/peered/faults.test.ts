/**
 * Every process of two peered clusters is killed, one after the other, at both ends, while two nginx pods, one at home
 * and one in the other cluster, answer through one Service: all heals by itself and no running pod is harmed.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import type { Component, RunningContainer } from "#engines/engine.ts";
import type { Clusters } from "#kit/clusters.ts";
import { liqoContainer } from "#kit/components.ts";
import { eventually } from "#kit/eventually.ts";
import { failuresOf, Load, page } from "#kit/load.ts";
import { loadBalancerAddress, PAGE_WITH_NAME } from "#kit/services.ts";
import { takePeered } from "#kit/shared-clusters.ts";

const NAMESPACE = "web";
const TWIN = "web-milan";
const PODS = ["near", "far"] as const;
// A killed process is started again after at most 10 s of back-off; a container by its kubelet likewise.
const HEALED_MS = 30_000;
const QUICK_MS = 500;

interface Fault {
  readonly what: string;
  readonly cluster: string;
  readonly component: (clusters: Clusters) => Promise<Component>;
  /** Whether traffic may be interrupted for a while. Without it no request fails. */
  readonly interrupts?: true;
}

const FAULTS: readonly Fault[] = ["milan", "rome"].flatMap((cluster): Fault[] => [
  { what: "the API server", cluster, component: async () => "apiserver" },
  { what: "controllers and scheduler", cluster, component: async () => "controllers" },
  { what: "the node's agent", cluster, component: async (clusters) => ({ node: await nodeOfPage(clusters, cluster) }) },
  { what: "liqo-controller-manager", cluster, component: container(cluster, "controller-manager") },
  { what: "liqo-fabric", cluster, component: container(cluster, "fabric") },
  ...(cluster === "milan"
    ? [{ what: "the virtual kubelet", cluster, component: container(cluster, "virtual-kubelet") }]
    : []),
  { what: "the gateway", cluster, component: container(cluster, "gateway"), interrupts: true },
]);

describe("a process that is killed", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let url: string;
  const started = new Map<string, string>();

  before(async () => {
    clusters = await takePeered();
    url = await serve(clusters);
    for (const name of PODS) started.set(name, await identityOf(clusters, name));
  });

  after(() => clusters?.[Symbol.asyncDispose]());

  for (const { what, cluster, component, interrupts } of FAULTS) {
    it(`${what} of ${cluster}: heals`, async (t) => {
      await using load = new Load(url);
      const victim = await component(clusters);
      const killedMs = performance.now();
      await machineOf(clusters.engine).kill(cluster, victim);
      if (typeof victim === "object" && "containerId" in victim)
        await eventually("the container runs again", () => isReplaced(clusters, cluster, victim), HEALED_MS);
      await settled(clusters, url);
      const healedMs = performance.now() - killedMs;
      const answers = load.since(killedMs);
      const failed = failuresOf(answers, killedMs);
      t.diagnostic(`healed after ${Math.round(healedMs)} ms; ${failed}`);
      if (interrupts === undefined)
        assert.ok(
          answers.every(({ who }) => who !== undefined),
          failed,
        );
      for (const name of PODS) assert.equal(await identityOf(clusters, name), started.get(name), `${name} was harmed`);
    });
  }

  for (const cluster of ["milan", "rome"]) {
    it(`${cluster}, stopped and started: its pods run again`, async () => {
      await machineOf(clusters.engine).stop(cluster);
      const { code } = await clusters.tryKubectl(cluster, ["get", "--raw", "/readyz"]);
      assert.equal(code, 1);
      await machineOf(clusters.engine).start(cluster);
      await settled(clusters, url);
    });
  }
});

/** Both pods behind one Service, answering with their names; its address. */
async function serve(clusters: Clusters): Promise<string> {
  const { kubectl, liqoctl } = clusters;
  await kubectl("milan", "create", "namespace", NAMESPACE);
  await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
  for (const name of PODS) await runPod(clusters, name, name, "app=web");
  const service = ["create", "service", "loadbalancer", "web", "-n", NAMESPACE, "--tcp=80"];
  await kubectl("milan", ...service);
  await kubectl("milan", "wait", "-n", NAMESPACE, "pod", "--all", "--for=condition=Ready", "--timeout=60s");
  const address = await loadBalancerAddress(clusters, NAMESPACE, "web");
  const url = `http://${address}/`;
  await eventually("answers of both pods", () => bothAnswer(url));
  return url;
}

/** Whatever a user would see as working works: new pods at both ends, all others, traffic. */
async function settled(clusters: Clusters, url: string): Promise<void> {
  const { kubectl } = clusters;
  const each = (act: (place: (typeof PODS)[number]) => Promise<unknown>) => Promise.all(PODS.map(act));
  await each((place) => eventually(`a new pod ${place}`, () => runAnew(clusters, place), HEALED_MS));
  await eventually("all pods are ready", () => allReady(clusters), HEALED_MS);
  await each((place) => kubectl("milan", "delete", "pod", `new-${place}`, "-n", NAMESPACE, "--now"));
  await eventually("both pods answer", () => bothAnswer(url), HEALED_MS);
}

async function runAnew(clusters: Clusters, place: (typeof PODS)[number]): Promise<void> {
  const name = `new-${place}`;
  // There is one when the check of another fault has failed.
  await clusters.kubectl("milan", "delete", "pod", name, "-n", NAMESPACE, "--now", "--ignore-not-found");
  await runPod(clusters, name, place);
}

/** Asks for a pod at home or far away that answers with its name; without labels unless it is given some. */
async function runPod({ kubectl }: Clusters, name: string, place: (typeof PODS)[number], labels = ""): Promise<void> {
  const nodeSelector =
    place === "far" ? { "liqo.io/type": "virtual-node" } : { "kubernetes.io/hostname": "worker-node-1" };
  const overrides = JSON.stringify({
    spec: { nodeSelector, containers: [{ name: "nginx", image: "nginx", command: PAGE_WITH_NAME }] },
  });
  await kubectl(
    ...([
      "milan",
      "run",
      name,
      "-n",
      NAMESPACE,
      "--image=nginx",
      `--labels=${labels}`,
      `--overrides=${overrides}`,
    ] as const),
  );
}

async function isReplaced({ get }: Clusters, cluster: string, { containerId }: RunningContainer): Promise<void> {
  const { items } = await get<{ items: Pod[] }>(cluster, "pods", "-A");
  const ids = items.flatMap(({ status }) => status?.containerStatuses?.map((each) => each.containerID) ?? []);
  assert.ok(!ids.includes(containerId), `container ${containerId} is still shown as running`);
}

async function bothAnswer(url: string): Promise<void> {
  const answers = await Promise.all(Array.from({ length: 16 }, () => page(url, QUICK_MS)));
  assert.deepEqual([...new Set(answers)].sort(), ["far", "near"]);
}

async function allReady({ kubectl }: Clusters): Promise<void> {
  for (const cluster of ["milan", "rome"]) {
    await kubectl(cluster, "wait", "pod", "-A", "--all", "--for=condition=Ready", "--timeout=5s");
    await kubectl(cluster, "wait", "node", "--all", "--for=condition=Ready", "--timeout=5s");
  }
}

/** What changes when a pod is replaced or one of its containers restarts. */
async function identityOf({ get }: Clusters, name: string): Promise<string> {
  const [cluster, namespace] = name === "far" ? ["rome", TWIN] : ["milan", NAMESPACE];
  const { metadata, status } = await get<Pod>(cluster, "pod", name, "-n", namespace);
  return `${metadata?.uid} ${status?.containerStatuses?.map(({ containerID }) => containerID).join(" ")}`;
}

async function nodeOfPage({ get }: Clusters, cluster: string): Promise<string> {
  const [name, namespace] = cluster === "rome" ? ["far", TWIN] : ["near", NAMESPACE];
  return (await get<Pod>(cluster, "pod", name, "-n", namespace)).spec?.nodeName ?? "";
}

function container(cluster: string, name: string): Fault["component"] {
  return (clusters) => liqoContainer(clusters, cluster, name);
}
