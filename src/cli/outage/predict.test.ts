import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Node, Pod } from "kubernetes-types/core/v1";
import { withPeerLost } from "#forge/pod/peer-lost.ts";
import type { OutageFacts } from "./facts.ts";
import { formatOutage } from "./format.ts";
import { predictOutage } from "./predict.ts";

const READY = [{ type: "Ready", status: "True" }];
const node = (name: string, labels: Record<string, string> = {}, cpu = "4"): Node => ({
  metadata: { name, labels },
  status: { conditions: READY, allocatable: { cpu, memory: "8Gi", pods: "10" } },
});
const virtual = (cluster: string): Node =>
  node(`liqo-${cluster}`, { "liqo.io/type": "virtual-node", "liqo.io/remote-cluster-id": cluster });
const KUBERNETES = withPeerLost([], { kind: "move", afterSeconds: 300 });

interface Given {
  readonly tolerations?: Pod["spec"] extends infer S ? (S extends { tolerations?: infer T } ? T : never) : never;
  readonly owner?: string;
  readonly cpu?: string;
  readonly more?: Partial<Pod>;
  readonly on?: string;
  readonly selector?: Record<string, string>;
  readonly claim?: string;
}

function pod(name: string, { tolerations = KUBERNETES, owner = "ReplicaSet", ...given }: Given = {}): Pod {
  const { cpu = "1", more = {}, on = "liqo-rome", selector, claim } = given;
  const reference = { apiVersion: "apps/v1", kind: owner, name: "owner", uid: "uid-owner", controller: true };
  return {
    ...more,
    metadata: { namespace: "shop", name, ...(owner !== "" && { ownerReferences: [reference] }), ...more.metadata },
    spec: {
      ...{ nodeName: on, tolerations },
      containers: [{ name: "main", resources: { requests: { cpu } } }],
      ...(selector && { nodeSelector: selector }),
      ...(claim !== undefined && { volumes: [{ name: "data", persistentVolumeClaim: { claimName: claim } }] }),
    },
  };
}

function facts(pods: readonly Pod[], more: Partial<OutageFacts> = {}): OutageFacts {
  const nodes = [node("worker-1"), node("worker-2", { disk: "fast" }, "2"), virtual("rome"), virtual("oslo")];
  return { lost: "rome", nodes, pods, jobs: [], volumes: [], services: [], slices: [], ...more };
}

function fateOf(given: Pod, more: Partial<OutageFacts> = {}) {
  const [fate] = predictOutage(facts([given], more)).pods;
  return fate === undefined ? undefined : [fate.fate, fate.afterSeconds, fate.candidates.join(" ")];
}

describe("what becomes of a pod", () => {
  const far = { nodes: [node("worker-1"), virtual("rome")] };
  const volume = {
    spec: {
      claimRef: { namespace: "shop", name: "data" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "liqo.io/remote-cluster-id", operator: "In", values: ["rome"] }] },
          ],
        },
      },
    },
  };
  const job = { metadata: { uid: "uid-owner" }, spec: { podReplacementPolicy: "Failed", template: {} } };
  for (const [name, given, expected, more] of [
    ["as Kubernetes has it", pod("web"), ["replaced", 300, "liqo-oslo worker-1 worker-2"]],
    ["one of another peer", pod("web", { on: "liqo-oslo" }), undefined],
    ["one that is done", pod("web", { more: { status: { phase: "Succeeded" } } }), undefined],
    ["one that stays", pod("web", { tolerations: withPeerLost([], { kind: "stay" }) }), ["stays", null, ""]],
    [
      "one that moves soon",
      pod("web", { tolerations: withPeerLost([], { kind: "move", afterSeconds: 5 }) }),
      ["replaced", 5, "liqo-oslo worker-1 worker-2"],
    ],
    ["one that tolerates nothing", pod("web", { tolerations: [] }), ["replaced", 0, "liqo-oslo worker-1 worker-2"]],
    ["one without a controller", pod("web", { owner: "" }), ["ends", 300, ""]],
    ["one of a StatefulSet", pod("web-0", { owner: "StatefulSet" }), ["waits", 300, ""]],
    ["one of a Job", pod("web", { owner: "Job" }), ["replaced", 300, "liqo-oslo worker-1 worker-2"]],
    ["one of a Job that waits", pod("web", { owner: "Job" }), ["waits", 300, ""], { jobs: [job] }],
    [
      "one that is being deleted",
      pod("web", { more: { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } } }),
      ["ends", 0, ""],
    ],
    ["a selector", pod("web", { selector: { disk: "fast" } }), ["replaced", 300, "worker-2"]],
    ["a selector that nobody meets", pod("web", { selector: { disk: "slow" } }), ["pending", 300, ""]],
    [
      "only virtual nodes, and one peer",
      pod("web", { selector: { "liqo.io/type": "virtual-node" } }),
      ["pending", 300, ""],
      far,
    ],
    ["no room", pod("web", { cpu: "5" }), ["pending", 300, ""]],
    ["room on one", pod("web", { cpu: "3" }), ["replaced", 300, "liqo-oslo worker-1"]],
    ["its volume there", pod("web", { claim: "data" }), ["pending", 300, ""], { volumes: [volume] }],
    [
      "a node that is not Ready",
      pod("web"),
      ["pending", 300, ""],
      { nodes: [{ ...node("worker-1"), status: {} }, virtual("rome")] },
    ],
    [
      "a cordoned node",
      pod("web"),
      ["pending", 300, ""],
      { nodes: [{ ...node("worker-1"), spec: { unschedulable: true } }, virtual("rome")] },
    ],
  ] as const)
    test(name, () => {
      assert.deepEqual(fateOf(given, more as Partial<OutageFacts>), expected);
    });

  test("each takes room from the next, in the order in which they leave", () => {
    const early = pod("z", { cpu: "3", tolerations: withPeerLost([], { kind: "move", afterSeconds: 1 }) });
    const { pods } = predictOutage(facts([pod("a", { cpu: "3" }), early], far));
    assert.deepEqual(
      pods.map(({ name, fate }) => [name, fate]),
      [
        ["a", "pending"],
        ["z", "replaced"],
      ],
    );
  });

  test("the volume that keeps it is named", () => {
    const [fate] = predictOutage(facts([pod("web", { claim: "data" })], { volumes: [volume] })).pods;
    assert.equal(fate?.why, "the volume of shop/data is there");
  });
});

describe("what becomes of a Service", () => {
  const service = { metadata: { namespace: "shop", name: "web" }, spec: { selector: { app: "web" } } };
  const slice = (...names: string[]) => ({
    metadata: { namespace: "shop", name: "web-1", labels: { "kubernetes.io/service-name": "web" } },
    addressType: "IPv4",
    endpoints: names.map((name) => ({ addresses: ["10.0.0.1"], targetRef: { kind: "Pod", namespace: "shop", name } })),
  });
  const both = [pod("near", { on: "worker-1" }), pod("far")];

  test("it keeps those that are elsewhere", () => {
    const { services } = predictOutage(facts(both, { services: [service], slices: [slice("near", "far")] }));
    assert.deepEqual(services, [{ namespace: "shop", name: "web", endpoints: 2, lost: 1, replacedAfterSeconds: 300 }]);
  });

  test("one that has none there is not named", () => {
    const { services } = predictOutage(facts(both, { services: [service], slices: [slice("near")] }));
    assert.deepEqual(services, []);
  });

  test("for a person", () => {
    const hosted = pod("theirs", {
      on: "worker-1",
      more: { metadata: { namespace: "a", name: "b", labels: { "offloading.liqo.io/origin": "rome" } } },
    });
    const outage = predictOutage(facts([...both, hosted], { services: [service], slices: [slice("far")] }));
    assert.equal(
      formatOutage(outage),
      `NAMESPACE   POD   NODE        AFTER   WHAT
shop        far   liqo-rome   300s    replaced by its ReplicaSet, on liqo-oslo, worker-1 or worker-2

• Service shop/web has nobody to answer for 300s, and until the new pod is Ready

If rome were lost now: 0 pods stay there, 1 replaced, 0 missing until it is back. AFTER counts from when liqo-rome is found to be lost, within about 15 s. 1 pod of rome runs here, and goes on.
Nothing was changed.`,
    );
  });
});
