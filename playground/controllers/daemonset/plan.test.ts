import assert from "node:assert/strict";
import { test } from "node:test";
import type { DaemonSet, DaemonSetSpec } from "kubernetes-types/apps/v1";
import type { Node, Pod, PodSpec } from "kubernetes-types/core/v1";
import { nodeNamed, podNamed } from "#kit/cluster-objects.ts";
import { daemonPod, HASH, planDaemons, targetNode, templateHash } from "./plan.ts";

const set = (own: Partial<DaemonSetSpec> = {}, podSpec: Partial<PodSpec> = {}): DaemonSet => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "agent", namespace: "off", uid: "d1" },
  spec: {
    selector: { matchLabels: { app: "agent" } },
    template: { metadata: { labels: { app: "agent" } }, spec: { containers: [{ name: "c", image: "i" }], ...podSpec } },
    ...own,
  },
});
const NEW = templateHash(set());

interface Made {
  readonly node: string;
  readonly hash?: string;
  readonly state?: "ready" | "sick" | "leaving" | "failed";
}

function podOn({ node, hash = NEW, state = "ready" }: Made): Pod {
  return podNamed(`${node}${state === "ready" ? "" : `-${state}`}`, {
    metadata: { labels: { [HASH]: hash }, ...(state === "leaving" && { deletionTimestamp: "2026-01-01T00:00:00Z" }) },
    spec: { nodeName: node },
    status: {
      phase: state === "failed" ? "Failed" : "Running",
      conditions: [{ type: "Ready", status: state === "ready" ? "True" : "False" }],
    },
  });
}

const tainted = (key: string, effect: string): Node => nodeNamed("b", { spec: { taints: [{ key, effect }] } });
const [a, b, c] = [nodeNamed("a"), nodeNamed("b"), nodeNamed("c", { metadata: { labels: { gpu: "yes" } } })];

for (const [name, of, nodes, owned, create, remove] of [
  ["each node gets one", set(), [a, b, c], [{ node: "b" }], ["a", "c"], []],
  ["a node that was selected", set({}, { nodeSelector: { gpu: "yes" } }), [a, b, c], [], ["c"], []],
  ["not one with a taint", set(), [a, tainted("spot", "NoSchedule")], [], ["a"], []],
  ["one that is not ready, or cordoned", set(), [tainted("node.kubernetes.io/not-ready", "NoExecute")], [], ["b"], []],
  ["not one without network", set(), [tainted("node.kubernetes.io/network-unavailable", "NoSchedule")], [], [], []],
  [
    "but for a pod of the host's",
    set({}, { hostNetwork: true }),
    [tainted("node.kubernetes.io/network-unavailable", "NoSchedule")],
    [],
    ["b"],
    [],
  ],
  [
    "one on a node that is not for it goes",
    set({}, { nodeSelector: { gpu: "yes" } }),
    [a, c],
    [{ node: "a" }, { node: "c" }],
    [],
    ["a"],
  ],
  ["of two on a node one goes", set(), [a], [{ node: "a" }, { node: "a", state: "sick" }], [], ["a-sick"]],
  ["one that failed goes, and is not made anew before", set(), [a], [{ node: "a", state: "failed" }], [], ["a-failed"]],
  ["one that is leaving is waited for", set(), [a], [{ node: "a", state: "leaving" }], [], []],
  [
    "outdated ones go one node after the other",
    set(),
    [a, b],
    [
      { node: "a", hash: "old" },
      { node: "b", hash: "old" },
    ],
    [],
    ["a"],
  ],
  [
    "not while one is leaving",
    set(),
    [a, b],
    [
      { node: "a", state: "leaving" },
      { node: "b", hash: "old" },
    ],
    [],
    [],
  ],
  [
    "nor while a new one is not ready",
    set(),
    [a, b],
    [
      { node: "a", state: "sick" },
      { node: "b", hash: "old" },
    ],
    [],
    [],
  ],
  [
    "outdated ones that are not ready go at once",
    set(),
    [a, b],
    [
      { node: "a", hash: "old", state: "sick" },
      { node: "b", hash: "old" },
    ],
    [],
    ["a-sick"],
  ],
  ["none is rolled by hand", set({ updateStrategy: { type: "OnDelete" } }), [a], [{ node: "a", hash: "old" }], [], []],
] as [string, DaemonSet, Node[], Made[], string[], string[]][]) {
  test(`a DaemonSet: ${name}`, () => {
    // The hash is of the template: pods that are up to date are so for the set at hand.
    const hash = templateHash(of);
    const pods = owned.map((made) => podOn({ hash, ...made }));
    const plan = planDaemons(of, nodes, pods);
    assert.deepEqual([plan.create, plan.remove.map(({ metadata }) => metadata?.name)], [create, remove]);
  });
}

test("a pod is meant for its node before it is bound, and bears what comes upon nodes", () => {
  const required = { nodeSelectorTerms: [{ matchExpressions: [{ key: "gpu", operator: "Exists" }] }] };
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: required };
  const pod = daemonPod(
    set({}, { affinity: { nodeAffinity }, tolerations: [{ key: "spot", operator: "Exists" }] }),
    "a",
  );
  assert.equal(targetNode(pod), "a");
  assert.equal(pod.metadata?.labels?.["app"], "agent");
  assert.match(pod.metadata?.labels?.[HASH] ?? "", /^[a-z0-9]{10}$/);
  assert.deepEqual(pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, {
    nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["a"] }] }],
  });
  const borne = (pod.spec?.tolerations ?? []).map(({ key, effect = "" }) => `${key} ${effect}`.trim());
  assert.deepEqual(borne, [
    "spot",
    "node.kubernetes.io/not-ready NoExecute",
    "node.kubernetes.io/unreachable NoExecute",
    "node.kubernetes.io/disk-pressure NoSchedule",
    "node.kubernetes.io/memory-pressure NoSchedule",
    "node.kubernetes.io/pid-pressure NoSchedule",
    "node.kubernetes.io/unschedulable NoSchedule",
  ]);
  assert.equal(targetNode(podNamed("free")), "");
});
