import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamespaceMap, NamespaceOffloading } from "#api/offloading/namespace.ts";
import { offloadingStatus } from "./status.ts";

const NOW_MS = Date.parse("2026-01-01T00:00:00Z");
const OFFLOADING: NamespaceOffloading = {
  metadata: { namespace: "shop", name: "offloading", generation: 4 },
  spec: { podOffloadingStrategy: "LocalAndRemote", namespaceMappingStrategy: "DefaultName" },
};
type Phase = "Accepted" | "CreationLoopBackOff" | "Terminating";
const map = (name: string, phase?: Phase): NamespaceMap => ({
  metadata: { name },
  status: { currentMapping: phase === undefined ? {} : { shop: { remoteNamespace: "shop-milan", phase } } },
});
const statusOf = (
  maps: readonly NamespaceMap[],
  required: readonly string[],
  offloading = OFFLOADING,
  nowMs = NOW_MS,
) => offloadingStatus(offloading, maps, { required: new Set(required), remoteName: "shop-milan" }, nowMs);
const [YES, STUCK] = ["Accepted", "CreationLoopBackOff"] as const;

for (const [expected, name, maps, required] of [
  ["NoClusterSelected", "nobody is selected", [map("rome")], []],
  ["Ready", "every selected peer has the twin", [map("rome", YES), map("turin")], ["rome"]],
  ["InProgress", "one has not yet", [map("rome", YES), map("turin")], ["rome", "turin"]],
  ["InProgress", "one has no map yet", [map("rome", YES)], ["rome", "turin"]],
  ["SomeFailed", "one cannot", [map("rome", YES), map("turin", STUCK)], ["rome", "turin"]],
  ["AllFailed", "none can", [map("rome", STUCK), map("turin", STUCK)], ["rome", "turin"]],
] as const) {
  test(`${expected} when ${name}`, () => assert.equal(statusOf(maps, required).offloadingPhase, expected));
}

test("one on its way out is Terminating, whatever its peers say", () => {
  const going = { ...OFFLOADING, metadata: { ...OFFLOADING.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
  assert.equal(statusOf([map("rome", YES)], [], going).offloadingPhase, "Terminating");
});

for (const [name, expected, phase, isRequired] of [
  ["asked", ["OffloadingRequired True ClusterSelected", "Ready False Creating"], undefined, true],
  ["that has it", ["OffloadingRequired True ClusterSelected", "Ready True NamespaceCreated"], YES, true],
  ["that cannot", ["OffloadingRequired True ClusterSelected", "Ready False CreationLoopBackOff"], STUCK, true],
  [
    "that gives it back",
    ["OffloadingRequired False ClusterNotSelected", "Ready False Terminating"],
    "Terminating",
    false,
  ],
  ["not asked", ["OffloadingRequired False ClusterNotSelected"], undefined, false],
] as const) {
  test(`conditions of a peer ${name}`, () => {
    const { remoteNamespacesConditions } = statusOf([map("rome", phase)], isRequired ? ["rome"] : []);
    const conditions = remoteNamespacesConditions?.["rome"] ?? [];
    assert.deepEqual(
      conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`),
      expected,
    );
  });
}

test("what stays keeps its time, what changes gets a new one", () => {
  const status = statusOf([map("rome")], ["rome"]);
  assert.deepEqual(statusOf([map("rome")], ["rome"], { ...OFFLOADING, status }, NOW_MS + 60_000), status);
  const after = statusOf([map("rome", YES)], ["rome"], { ...OFFLOADING, status }, NOW_MS + 60_000);
  assert.deepEqual(
    after.remoteNamespacesConditions?.["rome"]?.map(({ lastTransitionTime }) => lastTransitionTime),
    ["2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"],
  );
});

test("it says of which generation and under which name", () => {
  const { observedGeneration, remoteNamespaceName, remoteNamespacesConditions } = statusOf([], []);
  assert.deepEqual([observedGeneration, remoteNamespaceName, remoteNamespacesConditions], [4, "shop-milan", undefined]);
});
