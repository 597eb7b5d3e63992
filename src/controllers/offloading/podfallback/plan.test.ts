import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { planFallback } from "./plan.ts";

const pod = (status: Pod["status"] = { phase: "Pending" }, deletionTimestamp?: string): Pod => ({
  metadata: { name: "web", ...(deletionTimestamp !== undefined && { deletionTimestamp }) },
  ...(status !== undefined && { status }),
});

const fallbacks: [string, Pod, object][] = [
  ["a new pod waits", pod(), { do: "reject", phase: "Pending", reason: "OffloadingBackOff" }],
  ["a waiting pod is left alone", pod({ phase: "Pending", reason: "OffloadingBackOff" }), { do: "nothing" }],
  [
    "a pod that ran has failed",
    pod({ phase: "Running" }),
    { do: "reject", phase: "Failed", reason: "OffloadingAborted" },
  ],
  ["a finished pod is left alone", pod({ phase: "Failed" }), { do: "nothing" }],
  ["a terminating pod goes", pod({ phase: "Running" }, "2026-11-23T17:07:15Z"), { do: "delete-local" }],
];

for (const [name, local, expected] of fallbacks) {
  test(name, () => assert.deepEqual(planFallback(local), expected));
}
