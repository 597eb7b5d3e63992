import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "#base/log.ts";
import { formatTraceparent, parseTraceparent } from "#base/tracing/traceparent.ts";
import { Tracer } from "#base/tracing/tracer.ts";
import { type Collector, startCollector } from "#kit/otlp-collector.ts";
import type { AdmissionRequest } from "#kube/webhook-server/review.ts";
import { denied } from "#kube/webhook-server/server.ts";
import { tracedAdmission } from "../shadowpod/trace.ts";
import { beginTrace } from "./trace.ts";

const ctx = { signal: new AbortController().signal, log: silentLogger };
const GIVEN = { traceId: "a".repeat(32), spanId: "b".repeat(16), isSampled: true };
const TRACEPARENT = "liqo.io/traceparent";

function tracerOf({ port }: Collector): Tracer {
  const url = new URL(`http://127.0.0.1:${port}/v1/traces`);
  return new Tracer(ctx, { url, headers: {}, resource: {}, ratio: 1, followsParent: true });
}

function requestFor(annotations?: Record<string, string>, more: Partial<AdmissionRequest> = {}): AdmissionRequest {
  const metadata = { name: "web", ...(annotations !== undefined && { annotations }) };
  const object = { apiVersion: "v1", kind: "Pod", metadata };
  return { uid: "1", operation: "CREATE", namespace: "shop", userInfo: { username: "u" }, object, ...more };
}

test("the pod says what the next step is a part of, beside what it said before", async () => {
  await using collector = await startCollector();
  const tracer = tracerOf(collector);
  const [patch] = beginTrace({ ...ctx, tracer }, requestFor({ note: "kept" }), "milan")();
  await tracer[Symbol.asyncDispose]();
  const [span] = collector.spans;
  const { [TRACEPARENT]: written, ...rest } = (patch?.value ?? {}) as Record<string, string>;
  assert.deepEqual([patch?.op, patch?.path, rest], ["add", "/metadata/annotations", { note: "kept" }]);
  assert.deepEqual(parseTraceparent(written), { traceId: span?.traceId, spanId: span?.spanId, isSampled: true });
  assert.deepEqual([span?.name, span?.parentSpanId], ["admit pod", undefined]);
  assert.deepEqual(span?.attributes, {
    "k8s.namespace.name": "shop",
    "k8s.pod.name": "web",
    "liqo.cluster_id": "milan",
  });
});

test("a trace that the pod's maker has begun goes on", async () => {
  await using collector = await startCollector();
  const tracer = tracerOf(collector);
  beginTrace({ ...ctx, tracer }, requestFor({ [TRACEPARENT]: formatTraceparent(GIVEN) }), "milan")();
  await tracer[Symbol.asyncDispose]();
  const [span] = collector.spans;
  assert.deepEqual([span?.traceId, span?.parentSpanId], [GIVEN.traceId, GIVEN.spanId]);
});

test("without a tracer, and when nothing will be made, the pod stays as it is", async () => {
  await using collector = await startCollector();
  const tracer = tracerOf(collector);
  assert.deepEqual(beginTrace(ctx, requestFor(), "milan")(), []);
  assert.deepEqual(beginTrace({ ...ctx, tracer }, requestFor({}, { dryRun: true }), "milan")(), []);
  await tracer[Symbol.asyncDispose]();
  assert.equal(collector.spans.length, 0);
});

test("a ShadowPod that is denied is a step that failed, one that is not traced is none", async () => {
  await using collector = await startCollector();
  const tracer = tracerOf(collector);
  const admit = tracedAdmission("validate ShadowPod", "rome", async () => denied("exceeded quota"));
  const traced = requestFor({ [TRACEPARENT]: formatTraceparent(GIVEN) });
  assert.equal((await admit({ ...ctx, tracer }, traced)).allowed, false);
  assert.equal((await admit({ ...ctx, tracer }, requestFor())).allowed, false);
  await tracer[Symbol.asyncDispose]();
  assert.deepEqual(
    collector.spans.map(({ parentSpanId, status }) => [parentSpanId, status]),
    [[GIVEN.spanId, { code: 2, message: "exceeded quota" }]],
  );
});
