import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import type { ReflectionScope } from "#forge/reflected-metadata.ts";
import { type PodSeen, planPod } from "./plan.ts";

const scope: ReflectionScope = {
  origin: "cluster-a",
  destination: "cluster-b",
  nodeName: "node-b",
  labelsNotReflected: [],
  annotationsNotReflected: [],
};
const labels = {
  "offloading.liqo.io/origin": "cluster-a",
  "offloading.liqo.io/destination": "cluster-b",
  "offloading.liqo.io/nodename": "node-b",
};
const now = "2026-11-23T17:07:15Z";
const pod = (status: Pod["status"] = { phase: "Pending" }, deletionTimestamp?: string): Pod => ({
  metadata: { name: "web", ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
  ...(status !== undefined && { status }),
});
const shadow: ShadowPod = { metadata: { name: "web", labels } };
const leaving: ShadowPod = { metadata: { name: "web", labels, deletionTimestamp: now } };
const remote: Pod = { metadata: { name: "web", labels } };
const NOW_MS = Date.parse(now);
const GRACE = "offloading.liqo.io/deletion-grace-period-seconds";
/** Deleted `ago` seconds before now, and given five seconds where its spec says thirty. */
const hurried = (agoSeconds: number): Pod => ({
  metadata: {
    name: "web",
    deletionTimestamp: new Date(NOW_MS + (5 - agoSeconds) * 1_000).toISOString(),
    deletionGracePeriodSeconds: 5,
  },
  spec: { containers: [], terminationGracePeriodSeconds: 30 },
});
const told: ShadowPod = { metadata: { name: "web", labels, annotations: { [GRACE]: "5" } } };
const none = { local: undefined, shadow: undefined, remote: undefined };

const cases: [string, Partial<PodSeen>, string][] = [
  ["a new pod is offloaded", { local: pod() }, "offload"],
  ["an offloaded pod is kept up to date", { local: pod(), shadow, remote }, "keep"],
  ["a ShadowPod without local pod is deleted", { shadow, remote }, "delete-shadow"],
  ["both ends gone", {}, "nothing"],
  ["a remote pod without ShadowPod is waited for", { local: pod(), remote }, "report"],
  ["a ShadowPod on its way out is not written to", { local: pod(), shadow: leaving, remote }, "report"],
  ["deleting begins at the provider", { local: pod({ phase: "Running" }, now), shadow, remote }, "delete-shadow"],
  ["the provider is told how long the pod may take", { local: hurried(0), shadow, remote }, "tell-grace"],
  ["and is given time to end it so", { local: hurried(1), shadow: told, remote }, "await-grace"],
  ["but no more than a while", { local: hurried(5), shadow: told, remote }, "delete-shadow"],
  ["and none by clocks that are far apart", { local: hurried(-60), shadow: told, remote }, "delete-shadow"],
  [
    "once it ends there, the ShadowPod goes",
    { local: hurried(1), shadow: told, remote: { metadata: { name: "web", labels, deletionTimestamp: now } } },
    "delete-shadow",
  ],
  ["nothing runs there yet", { local: hurried(1), shadow: told }, "delete-shadow"],
  ["a new pod of the name of one that went by force", { local: pod(), shadow: told, remote }, "delete-shadow"],
  ["and waits for the remote pod", { local: pod({ phase: "Running" }, now), remote }, "report"],
  ["and ends at home", { local: pod({ phase: "Running" }, now) }, "delete-local"],
  ["a finished pod is final", { local: pod({ phase: "Succeeded" }), shadow, remote }, "nothing"],
  ["a finished pod is not offloaded again", { local: pod({ phase: "Failed" }) }, "nothing"],
  [
    "an aborted pod loses its ShadowPod",
    { local: pod({ phase: "Failed", reason: "OffloadingAborted" }), shadow },
    "delete-shadow",
  ],
  ["somebody else's ShadowPod", { local: pod(), shadow: { metadata: { name: "web" } } }, "foreign"],
  ["somebody else's pod", { local: pod(), remote: { metadata: { name: "web" } } }, "foreign"],
  ["somebody else's pod, and ours is gone", { remote: { metadata: { name: "web" } } }, "nothing"],
  [
    "another virtual node's ShadowPod",
    { shadow: { metadata: { name: "web", labels: { ...labels, "offloading.liqo.io/nodename": "node-c" } } } },
    "nothing",
  ],
];

for (const [name, seen, expected] of cases) {
  test(`plan: ${name}`, () => assert.equal(planPod({ ...none, ...seen }, scope, NOW_MS).do, expected));
}
