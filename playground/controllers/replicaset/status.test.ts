import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { podNamed } from "#kit/cluster-objects.ts";
import { replicaSetStatus } from "./status.ts";

const NOW = Date.parse("2026-01-01T00:10:00Z");
const pod = (name: string, since: string | undefined, labels: Record<string, string> = { app: "web" }): Pod =>
  podNamed(name, {
    metadata: { labels },
    status: {
      conditions: [{ type: "Ready", status: since === undefined ? "False" : "True", lastTransitionTime: since ?? "" }],
    },
  });

test("a ReplicaSet counts pods, those that are ready, and those that have been long enough", () => {
  const owned = [
    pod("a", "2026-01-01T00:09:00Z"),
    pod("b", "2026-01-01T00:09:50Z", { app: "web", tier: "1" }),
    pod("c", undefined, {}),
  ];
  const template = { metadata: { labels: { app: "web" } } };
  const set = (minReadySeconds: number) => ({
    metadata: { name: "web", generation: 4 },
    spec: { selector: {}, template, minReadySeconds },
  });
  const counts = { replicas: 3, fullyLabeledReplicas: 2, readyReplicas: 2, observedGeneration: 4 };
  assert.deepEqual(replicaSetStatus(set(0), owned, NOW), { ...counts, availableReplicas: 2 });
  assert.deepEqual(replicaSetStatus(set(30), owned, NOW), { ...counts, availableReplicas: 1 });
});
