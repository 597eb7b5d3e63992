import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { startTracing } from "./tracing.ts";

for (const [name, env, isTraced, says] of [
  ["off by default, and says nothing", {}, false, undefined],
  ["on with a collector", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, true, "traces"],
  ["off when it cannot be understood", { OTEL_EXPORTER_OTLP_ENDPOINT: "collector" }, false, "nothing is traced"],
] as const) {
  test(`tracing is ${name}`, () => {
    const metrics = new Metrics();
    const logged: string[] = [];
    const log = createLogger({ write: (line) => void logged.push(JSON.parse(line).msg) });
    const tracer = startTracing({ signal: new AbortController().signal, log, metrics }, "liqo", "milan", env);
    assert.equal(tracer !== undefined, isTraced);
    assert.deepEqual(logged, says === undefined ? [] : [says]);
    assert.equal(metrics.render().includes("liqo_trace_spans_total"), isTraced);
  });
}
