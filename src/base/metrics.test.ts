import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Metrics } from "./metrics.ts";

test("counters and gauges, a series for each set of labels", () => {
  const metrics = new Metrics();
  const pages = metrics.counter("pages_total", "Pages that were asked for.");
  pages.with({ code: "200" }).increase();
  pages.with({ code: "404" }).increase(3);
  pages.with({ code: "200" }).increase();
  metrics.gauge("open", "What is open.").with({}).set(-1.5);
  metrics.counter("pages_total", "Pages that were asked for.").with({ code: "404" }).increase();
  assert.equal(
    metrics.render(),
    `# HELP pages_total Pages that were asked for.
# TYPE pages_total counter
pages_total{code="200"} 2
pages_total{code="404"} 4
# HELP open What is open.
# TYPE open gauge
open -1.5
`,
  );
});

test("a bucket counts what is at most its bound", () => {
  const metrics = new Metrics();
  const seconds = metrics.histogram("seconds", "How long.", [0.1, 1]).with({ verb: "get" });
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value);
  assert.equal(
    metrics.render(),
    `# HELP seconds How long.
# TYPE seconds histogram
seconds_bucket{verb="get",le="0.1"} 2
seconds_bucket{verb="get",le="1"} 3
seconds_bucket{verb="get",le="+Inf"} 4
seconds_sum{verb="get"} 7.65
seconds_count{verb="get"} 4
`,
  );
});

test("a name stands for one type", () => {
  const metrics = new Metrics();
  metrics.counter("a", "");
  assert.throws(() => metrics.gauge("a", ""), { message: "metric a is a counter and no gauge" });
});

test("label values of any content stay one series on one line, and can be read back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      const metrics = new Metrics();
      metrics.gauge("a", "").with({ name: value }).set(1);
      const line = metrics.render().split("\n")[2] ?? "";
      const [, escaped = ""] = /^a\{name="((?:[^"\\]|\\.)*)"\} 1$/s.exec(line) ?? [];
      assert.equal(
        escaped.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char)),
        value,
      );
    }),
  );
});

test("a gauge of which several hold a part", () => {
  const metrics = new Metrics();
  const waiting = metrics.gauge("waiting", "Keys that wait.").with({});
  waiting.add(3);
  metrics.gauge("waiting", "Keys that wait.").with({}).add(-1);
  assert.match(metrics.render(), /^waiting 2$/m);
});

test("what is only known by looking is looked at each time", () => {
  const metrics = new Metrics();
  const reads = metrics.counter("reads_total", "How often somebody looked.").with({});
  metrics.beforeRender(() => reads.increase());
  metrics.render();
  assert.match(metrics.render(), /^reads_total 2$/m);
});
