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
const none = { local: undefined, shadow: undefined, remote: undefined };

const cases: [string, Partial<PodSeen>, string][] = [
  ["a new pod is offloaded", { local: pod() }, "offload"],
  ["an offloaded pod is kept up to date", { local: pod(), shadow, remote }, "keep"],
  ["a ShadowPod without local pod is deleted", { shadow, remote }, "delete-shadow"],
  ["both ends gone", {}, "nothing"],
  ["a remote pod without ShadowPod is waited for", { local: pod(), remote }, "report"],
  ["a ShadowPod on its way out is not written to", { local: pod(), shadow: leaving, remote }, "report"],
  ["deleting begins at the provider", { local: pod({ phase: "Running" }, now), shadow, remote }, "delete-shadow"],
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
  test(`plan: ${name}`, () => assert.equal(planPod({ ...none, ...seen }, scope).do, expected));
}
