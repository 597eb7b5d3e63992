import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod, PodCondition } from "kubernetes-types/core/v1";
import { SHADOW_OPTIONS } from "#kit/shadow-options.ts";
import { forgeShadowPod } from "./shadow-pod.ts";
import { forgePodStatus, forgeRefusedStatus } from "./status.ts";
import { forgeStatusPatch } from "./status-patch.ts";

const GATE = "lb.example.com/target-health";
const EARLY = "2026-11-23T17:00:00Z";
const LATE = "2026-11-23T18:00:00Z";
const gate = (status: string): PodCondition => ({ type: GATE, status, lastTransitionTime: LATE });
const ready = (status: string): PodCondition => ({ type: "Ready", status, lastTransitionTime: EARLY });
const podWith = (...conditions: PodCondition[]): Pod => ({
  metadata: { name: "web", namespace: "off", uid: "1", resourceVersion: "7" },
  spec: { readinessGates: [{ conditionType: GATE }], containers: [{ name: "c", image: "busybox" }] },
  status: { conditions },
});
const OPTIONS = {
  cluster: "rome",
  translate: (ip: string) => ip,
  hostIp: "10.0.0.1",
  restarts: {},
  isUnavailable: false,
};
const closed = (message: string, lastTransitionTime: string): PodCondition[] => [
  { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message, lastTransitionTime },
];

for (const [name, own, remote, expected] of [
  [
    "nobody has opened it",
    [],
    [ready("True")],
    closed(`corresponding condition of pod readiness gate "${GATE}" does not exist.`, EARLY),
  ],
  [
    "it is closed",
    [gate("False")],
    [ready("True")],
    [...closed(`the status of pod readiness gate "${GATE}" is not "True", but False`, LATE), gate("False")],
  ],
  ["it is open", [gate("True")], [ready("True")], [{ ...ready("True"), lastTransitionTime: LATE }, gate("True")]],
  ["open, but the containers are not ready", [gate("True")], [ready("False")], [ready("False"), gate("True")]],
  ["the home cluster's word counts", [gate("True")], [gate("False")], [gate("True")]],
] as const) {
  test(`a readiness gate: ${name}`, () => {
    const remotePod: Pod = { status: { phase: "Running", conditions: [...remote] } };
    assert.deepEqual(forgePodStatus(podWith(...own), remotePod, OPTIONS).conditions, expected);
  });
}

test("a pod that waits keeps its gates open", () => {
  const { conditions } = forgeRefusedStatus(podWith(gate("True"), ready("True")), "quota", Date.parse(LATE));
  assert.deepEqual(
    conditions?.map(({ type, status }) => [type, status]),
    [
      [GATE, "True"],
      ["Ready", "False"],
    ],
  );
});

test("the provider's pod has no gates, which nobody could open there", () => {
  const shadow = forgeShadowPod(podWith(), "off-milan", SHADOW_OPTIONS);
  assert.equal(shadow.spec?.pod?.readinessGates, undefined);
});

test("a status is only written over the conditions that were seen", () => {
  const { metadata } = forgeStatusPatch(podWith(), { phase: "Running" });
  assert.deepEqual(metadata, { uid: "1", resourceVersion: "7", labels: {} });
  const { metadata: plain } = forgeStatusPatch({ metadata: { uid: "1", resourceVersion: "7" } }, {});
  assert.deepEqual(plain, { uid: "1", labels: {} });
});
