import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pod } from "kubernetes-types/core/v1";
import { isStranded } from "./early-pods.ts";

const nodeSelector = { "liqo.io/type": "virtual-node" };
const pod = (spec: Partial<NonNullable<Pod["spec"]>>, metadata: Pod["metadata"] = {}): Pod => ({
  metadata,
  spec: { containers: [], nodeSelector, ...spec },
});
const selector = { nodeSelectorTerms: [{ matchExpressions: [{ key: "region", operator: "Exists" as const }] }] };
const own = { key: "virtual-node.liqo.io/not-allowed", operator: "Exists", effect: "NoExecute" };

for (const [name, expected, subject, clusterSelector] of [
  ["one that asks for a virtual node is", true, pod({}), undefined],
  ["one that asks for nothing is not", false, pod({ nodeSelector: {} }), undefined],
  ["nor one that the webhook has seen", false, pod({ tolerations: [own] }), undefined],
  ["nor one that has its node", false, pod({ nodeName: "liqo-rome" }), undefined],
  ["nor one that goes", false, pod({}, { deletionTimestamp: "2026-01-01T00:00:00Z" }), undefined],
  ["nor where only some clusters are meant", false, pod({}), selector],
] as const) {
  test(`an early pod is given a toleration: ${name}`, () => {
    const offloading = { spec: { ...(clusterSelector !== undefined && { clusterSelector }) } };
    assert.equal(isStranded(structuredClone(subject) as Pod, structuredClone(offloading)), expected);
  });
}
