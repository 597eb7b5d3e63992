import assert from "node:assert/strict";
import { test } from "node:test";
import { podAttributes, traceOf, withTrace } from "./trace.ts";

const CONTEXT = { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true };

test("what the next step is a part of is written beside other annotations, and read again", () => {
  const pod = withTrace({ metadata: { name: "web", annotations: { note: "kept" } } }, CONTEXT);
  assert.deepEqual(pod.metadata, {
    name: "web",
    annotations: { note: "kept", "liqo.io/traceparent": `00-${CONTEXT.traceId}-${CONTEXT.spanId}-01` },
  });
  assert.deepEqual(traceOf(pod), CONTEXT);
});

test("what is no trace is none", () => {
  assert.equal(traceOf({ metadata: { annotations: { "liqo.io/traceparent": "mine" } } }), undefined);
  assert.equal(traceOf(undefined), undefined);
  const pod = { metadata: { name: "web" } };
  assert.equal(withTrace(pod, undefined), pod);
});

test("a pod that has no name yet is called by the beginning of it", () => {
  const object = { metadata: { namespace: "shop", generateName: "web-" } };
  const own = { "k8s.namespace.name": "shop", "k8s.pod.name": "web-", "liqo.cluster_id": "milan" };
  assert.deepEqual(podAttributes({ object, clusterId: "milan" }), own);
  assert.deepEqual(podAttributes({ object, clusterId: "milan", peerId: "rome" }), { ...own, "liqo.peer_id": "rome" });
});
