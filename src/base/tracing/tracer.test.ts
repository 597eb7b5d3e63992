import assert from "node:assert/strict";
import { test } from "node:test";
import { type Collector, startCollector } from "#kit/otlp-collector.ts";
import { type SteppedClock, steppedClock } from "#kit/stepped-clock.ts";
import { createLogger, silentLogger } from "../log.ts";
import { Metrics } from "../metrics.ts";
import { type TracingSettings, tracingSettings } from "./settings.ts";
import { Tracer, traced } from "./tracer.ts";

const EPOCH_MS = Date.UTC(2030, 0, 1);

interface Started {
  readonly clock: SteppedClock;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  readonly logged: string[];
}

function start(collector: Pick<Collector, "port">, more: Partial<TracingSettings> = {}): Started {
  const clock = steppedClock(EPOCH_MS);
  const metrics = new Metrics();
  const logged: string[] = [];
  const log = createLogger({ write: (line) => void logged.push(JSON.parse(line).msg) });
  const settings = tracingSettings({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x",
    OTEL_SERVICE_NAME: "test",
  });
  assert.ok(settings !== undefined);
  const ctx = { signal: new AbortController().signal, log, metrics };
  return { clock, metrics, logged, tracer: new Tracer(ctx, { ...settings, ...more }, clock) };
}

function countOf({ metrics }: Started, result: "sent" | "dropped"): number {
  const [, count] =
    metrics.render().match(new RegExp(`^liqo_trace_spans_total{result="${result}"} (\\d+)$`, "m")) ?? [];
  return Number(count);
}

test("a span arrives as OTLP wants it, with its parent, times, events and failure", async () => {
  await using collector = await startCollector();
  const { tracer, clock } = start(collector);
  const parent = tracer.start("outer");
  const options = { parent: parent.context, attributes: { "k8s.pod.name": "web", ready: false, tries: 3, part: 0.5 } };
  const span = tracer.start("inner", options);
  clock.step(20);
  span.event("seen", { phase: "Running" });
  clock.step(5);
  span.fail(new Error("refused"));
  span.end();
  await tracer[Symbol.asyncDispose]();
  const [received, ...others] = collector.spans;
  assert.equal(others.length, 0, "one that has not ended is not sent");
  const { traceId, spanId } = span.context;
  assert.match(`${traceId} ${spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/);
  assert.deepEqual(received, {
    traceId: parent.context.traceId,
    spanId,
    parentSpanId: parent.context.spanId,
    name: "inner",
    kind: 1,
    startTimeUnixNano: `${EPOCH_MS}000000`,
    endTimeUnixNano: `${EPOCH_MS + 25}000000`,
    attributes: { "k8s.pod.name": "web", ready: false, tries: "3", part: 0.5 },
    events: [
      {
        timeUnixNano: `${EPOCH_MS + 20}000000`,
        name: "seen",
        attributes: [{ key: "phase", value: { stringValue: "Running" } }],
      },
    ],
    status: { code: 2, message: "refused" },
    resource: { "service.name": "test" },
  });
  assert.equal(traceId, parent.context.traceId);
  const [headers] = collector.headers;
  assert.deepEqual([headers?.["content-type"], headers?.["authorization"]], ["application/json", "Bearer x"]);
});

test("spans wait five seconds for others, unless a batch is full", async () => {
  await using collector = await startCollector();
  const { tracer, clock } = start(collector);
  tracer.start("first").end();
  tracer.start("second").end();
  assert.equal(clock.nextMs(), 5_000);
  clock.step(5_000);
  await arrived(collector, 2);
  assert.equal(collector.headers.length, 1);
  for (let made = 0; made < 512; made++) tracer.start("many").end();
  await arrived(collector, 514);
  assert.equal(collector.headers.length, 2);
  await tracer[Symbol.asyncDispose]();
});

test("what a collector that is away misses is sent later, up to a bound; the rest is dropped and counted", async () => {
  await using collector = await startCollector();
  collector.answer = 503;
  const started = start(collector);
  const { tracer, clock } = started;
  for (let made = 0; made < 3_000; made++) tracer.start("lost").end();
  assert.equal(countOf(started, "dropped"), 3_000 - 2_048);
  await until(() => started.logged.length > 0);
  collector.answer = 200;
  // The answer is dealt with, and the next batch waits for its time.
  clock.step(await clock.waiting());
  await tracer[Symbol.asyncDispose]();
  assert.equal(collector.spans.length, 2_048);
  assert.deepEqual([countOf(started, "sent"), countOf(started, "dropped")], [2_048, 952]);
  assert.deepEqual(started.logged, ["the collector takes no spans", "the collector takes spans again"]);
});

test("what a collector refuses is not sent again", async () => {
  await using collector = await startCollector();
  collector.answer = 400;
  const started = start(collector);
  started.tracer.start("refused").end();
  await started.tracer[Symbol.asyncDispose]();
  assert.deepEqual([collector.headers.length, countOf(started, "dropped")], [1, 1]);
});

test("a process that ends waits for nobody who is not there", async () => {
  const started = start({ port: 1 });
  started.tracer.start("lost").end();
  await started.tracer[Symbol.asyncDispose]();
  assert.equal(countOf(started, "dropped"), 1);
  started.tracer.start("later").end();
  assert.equal(countOf(started, "dropped"), 2);
});

test("part of the traces is recorded, and one that came from elsewhere is when it was there", async () => {
  await using collector = await startCollector();
  const { tracer } = start(collector, { ratio: 0.25 });
  const roots = Array.from({ length: 400 }, () => tracer.start("root"));
  const sampled = roots.filter(({ context }) => context.isSampled);
  assert.ok(sampled.length > 40 && sampled.length < 200, String(sampled.length));
  for (const { context } of roots)
    assert.equal(tracer.start("child", { parent: context }).context.isSampled, context.isSampled);
  for (const root of roots) root.end();
  await tracer[Symbol.asyncDispose]();
  assert.equal(collector.spans.length, sampled.length);
});

for (const [ratio, isSampled] of [
  [0, false],
  [1, true],
] as const)
  test(`of ratio ${ratio} ${isSampled ? "all are" : "none is"} recorded, whatever the trace's id`, async () => {
    await using collector = await startCollector();
    const { tracer } = start(collector, { ratio, followsParent: false });
    for (const digit of ["0", "f"]) {
      const parent = { traceId: digit.repeat(32), spanId: digit.repeat(16), isSampled: !isSampled };
      assert.equal(tracer.start("any", { parent }).context.isSampled, isSampled);
    }
  });

test("work is done and fails the same without a tracer", async () => {
  const ctx = { signal: new AbortController().signal, log: silentLogger };
  assert.equal(await traced(ctx, "step", {}, async (span) => span ?? "untraced"), "untraced");
  await assert.rejects(
    traced(ctx, "step", {}, async () => {
      throw new Error("as ever");
    }),
    { message: "as ever" },
  );
});

function arrived({ spans }: Collector, count: number): Promise<void> {
  return until(() => spans.length >= count);
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
