/** What `liqoctl simulate outage` says, and what then happens: each workload does as its policy has it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { ON_PEER_LOST } from "#api/annotations.ts";
import type { Outage, PodFate } from "#cli/outage/predict.ts";
import { machineOf, needsOwnClusters } from "#engines/choose.ts";
import { between } from "#engines/link-faults.ts";
import type { Clusters } from "#kit/clusters.ts";
import { eventually } from "#kit/eventually.ts";
import { takePeered } from "#kit/shared-clusters.ts";

const NAMESPACE = "outage";
const LOST_MS = 60_000;
const HEALED_MS = 60_000;
const VIRTUAL = { key: "liqo.io/type", operator: "In", values: ["virtual-node"] };
const TERM = { matchExpressions: [VIRTUAL] };
const FIRST_FAR = {
  nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: TERM }] },
};
const ONLY_FAR = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [TERM] } } };

interface Workload {
  readonly kind: "Deployment" | "StatefulSet" | "Pod";
  readonly policy?: string;
  readonly affinity?: object;
  readonly expected: readonly [PodFate["fate"], number | null];
}

const WORKLOADS: Readonly<Record<string, Workload>> = {
  quick: { kind: "Deployment", policy: "move-after=2s", expected: ["replaced", 2] },
  usual: { kind: "Deployment", expected: ["replaced", 300] },
  still: { kind: "Deployment", policy: "stay", expected: ["stays", null] },
  single: { kind: "Deployment", policy: "never-duplicate", expected: ["stays", null] },
  tied: { kind: "Deployment", policy: "move-after=2s", affinity: ONLY_FAR, expected: ["pending", 2] },
  set: { kind: "StatefulSet", policy: "move-after=2s", expected: ["waits", 2] },
  lone: { kind: "Pod", policy: "move-after=2s", expected: ["ends", 2] },
};
/** Those are gone at once; the others are still there when these are. */
const SOON_SECONDS = 2;

describe("a peer is lost", { skip: needsOwnClusters() }, () => {
  let clusters: Clusters;
  let outage: Outage;
  let first: readonly Pod[];

  before(async () => {
    clusters = await takePeered();
    const { kubectl, liqoctl } = clusters;
    await kubectl("milan", "create", "namespace", NAMESPACE);
    await liqoctl("offload", "namespace", NAMESPACE, "--context", "milan");
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: Object.entries(WORKLOADS).map(forge) });
    await clusters.tryKubectl("milan", ["apply", "-n", NAMESPACE, "-f", "-"], { input });
    await kubectl("milan", "-n", NAMESPACE, "expose", "deployment/quick", "--port=80");
    await eventually("all pods run at rome", async () => {
      const pods = await podsOf();
      assert.equal(pods.length, Object.keys(WORKLOADS).length);
      for (const { spec, status } of pods)
        assert.deepEqual(
          [spec?.nodeName, status?.conditions?.find(({ type }) => type === "Ready")?.status],
          ["liqo-rome", "True"],
        );
    });
    first = await podsOf();
  });
  after(async () => {
    await machineOf(clusters.engine).setLinkFaults([]);
    await clusters?.[Symbol.asyncDispose]();
  });

  it("is foretold, and nothing is changed by that", async () => {
    const told = await clusters.liqoctl("simulate", "outage", "rome", "--context", "milan", "-o", "json");
    outage = JSON.parse(told) as Outage;
    const fates = outage.pods.filter(({ namespace }) => namespace === NAMESPACE);
    assert.deepEqual(
      Object.fromEntries(fates.map(({ name, fate, afterSeconds }) => [appOf(name), [fate, afterSeconds]])),
      Object.fromEntries(Object.entries(WORKLOADS).map(([name, { expected }]) => [name, expected])),
    );
    const service = outage.services.find(({ namespace }) => namespace === NAMESPACE);
    assert.deepEqual([service?.name, service?.lost, service?.replacedAfterSeconds], ["quick", 1, 2]);
    assert.deepEqual(await podsOf(), first);
    const forPeople = await clusters.liqoctl("simulate", "outage", "rome", "--context", "milan");
    assert.match(forPeople, /quick-\S+ +liqo-rome +2s +replaced by its ReplicaSet, on worker-node-1/);
  });

  it("refuses a policy that there is not, by name", async () => {
    const pod = JSON.stringify(forge(["wrong", { kind: "Pod", policy: "run-away", expected: ["stays", null] }]));
    const { code, stderr } = await clusters.tryKubectl("milan", ["apply", "-n", NAMESPACE, "-f", "-"], { input: pod });
    assert.notEqual(code, 0);
    assert.match(stderr, /metadata\.annotations\[liqo\.io\/on-peer-lost\]: "run-away" is none of move-after=/);
  });

  it("is lost, and each pod does as was foretold", async () => {
    await machineOf(clusters.engine).setLinkFaults(between("milan", "rome", "all"));
    await eventually("pods are as was foretold", async () => assertAsForetold(await podsOf()), LOST_MS);
  });

  it("keeps one that must never run twice from being deleted while nobody knows whether it runs", async () => {
    const name = nameOf("single");
    const refused = await clusters.tryKubectl("milan", ["delete", "pod", name, "-n", NAMESPACE, "--wait=false"]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, /may still run in cluster rome, which does not answer.*--force --grace-period=0/);
    assertAsForetold(await podsOf());
  });

  it("is back: what left has ended, what stayed is the same pod", async () => {
    await machineOf(clusters.engine).setLinkFaults([]);
    await eventually(
      "all have ended that had to, and are there again",
      async () => {
        const pods = await podsOf();
        assert.ok(pods.every(({ metadata }) => metadata?.deletionTimestamp === undefined));
        assert.deepEqual(
          [...new Set(pods.map(appOfPod))].sort(),
          Object.keys(WORKLOADS)
            .filter((app) => app !== "lone")
            .sort(),
        );
        for (const pod of pods) assert.equal(pod.status?.phase, "Running", appOfPod(pod));
        for (const app of ["usual", "still", "single"]) assert.deepEqual(uidsOf(pods, app), uidsOf(first, app), app);
      },
      HEALED_MS,
    );
    await clusters.kubectl("milan", "delete", "pod", nameOf("single"), "-n", NAMESPACE, "--timeout=60s");
  });

  async function podsOf(): Promise<readonly Pod[]> {
    const { items } = await clusters.get<{ items: Pod[] }>("milan", "pods", "-n", NAMESPACE);
    return items.toSorted((a, b) => (a.metadata?.name ?? "").localeCompare(b.metadata?.name ?? ""));
  }

  function nameOf(app: string): string {
    return first.find((pod) => appOfPod(pod) === app)?.metadata?.name ?? "";
  }

  /** Every pod that was there, and those that were made in their place. */
  function assertAsForetold(pods: readonly Pod[]): void {
    for (const { namespace, name, fate, afterSeconds, candidates } of outage.pods) {
      if (namespace !== NAMESPACE) continue;
      const isLeaving = afterSeconds !== null && afterSeconds <= SOON_SECONDS;
      const old = pods.find(({ metadata }) => metadata?.name === name);
      assert.equal(old?.metadata?.deletionTimestamp !== undefined, isLeaving, `${name}: ${old?.status?.phase}`);
      const made = pods.filter((pod) => appOfPod(pod) === appOf(name) && pod.metadata?.name !== name);
      const isMade = isLeaving && (fate === "replaced" || fate === "pending");
      assert.equal(made.length, isMade ? 1 : 0, `in place of ${name}`);
      const [{ spec, status } = {}] = made;
      if (isMade && fate === "replaced") {
        assert.ok(candidates.includes(spec?.nodeName ?? ""), `${spec?.nodeName} is none of ${candidates.join(", ")}`);
        assert.equal(status?.phase, "Running");
      } else if (isMade) assert.deepEqual([spec?.nodeName, status?.phase], [undefined, "Pending"]);
    }
  }
});

function forge([app, { kind, policy, affinity = FIRST_FAR }]: readonly [string, Workload]): object {
  const labels = { app };
  const metadata = { labels, ...(policy !== undefined && { annotations: { [ON_PEER_LOST]: policy } }) };
  const containers = [{ name: "web", image: "nginx", ports: [{ containerPort: 80 }] }];
  const spec = { affinity, containers, terminationGracePeriodSeconds: 1 };
  if (kind === "Pod") return { apiVersion: "v1", kind, metadata: { ...metadata, name: app }, spec };
  return {
    ...{ apiVersion: "apps/v1", kind, metadata: { name: app } },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata, spec },
      ...(kind === "StatefulSet" && { serviceName: app }),
    },
  };
}

function appOf(pod: string): string {
  return pod.split("-")[0] ?? "";
}

function appOfPod({ metadata }: Pod): string {
  return metadata?.labels?.["app"] ?? "";
}

function uidsOf(pods: readonly Pod[], app: string): (string | undefined)[] {
  return pods.filter((pod) => appOfPod(pod) === app).map(({ metadata }) => metadata?.uid);
}
