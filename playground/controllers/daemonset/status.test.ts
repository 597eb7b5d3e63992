import assert from "node:assert/strict";
import { test } from "node:test";
import type { DaemonSet } from "kubernetes-types/apps/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { podNamed } from "#kit/cluster-objects.ts";
import { HASH, templateHash } from "./plan.ts";
import { daemonSetStatus } from "./status.ts";

const NOW = Date.parse("2026-01-01T00:10:00Z");
const set: DaemonSet = {
  metadata: { name: "agent", generation: 2 },
  spec: { selector: {}, template: {}, minReadySeconds: 30 },
};
const pod = (node: string, since: string, own: Pod["metadata"] = {}): Pod =>
  podNamed(node, {
    metadata: { labels: { [HASH]: templateHash(set) }, ...own },
    spec: { nodeName: node },
    status: { conditions: [{ type: "Ready", status: since === "" ? "False" : "True", lastTransitionTime: since }] },
  });

test("a DaemonSet counts its pods by what their nodes are to it", () => {
  const owned = [
    pod("a", "2026-01-01T00:09:00Z"),
    pod("b", "2026-01-01T00:09:50Z", { labels: { [HASH]: "old" } }),
    pod("c", ""),
    pod("cordoned", "2026-01-01T00:00:00Z"),
    pod("d", "2026-01-01T00:00:00Z", { deletionTimestamp: "2026-01-01T00:09:59Z" }),
  ];
  assert.deepEqual(daemonSetStatus(set, ["a", "b", "c", "d"], owned, NOW), {
    currentNumberScheduled: 3,
    numberMisscheduled: 1,
    desiredNumberScheduled: 4,
    numberReady: 2,
    observedGeneration: 2,
    updatedNumberScheduled: 2,
    numberAvailable: 1,
    numberUnavailable: 3,
  });
});

test("counts of none are left out where Kubernetes leaves them out", () => {
  const status = daemonSetStatus(set, [], [], NOW);
  assert.deepEqual(["numberAvailable" in status, "numberUnavailable" in status], [false, false]);
});
