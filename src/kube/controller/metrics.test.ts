import assert from "node:assert/strict";
import { test } from "node:test";
import { type Context, withCancel } from "#base/context.ts";
import { silentLogger } from "#base/log.ts";
import { Metrics } from "#base/metrics.ts";
import { steppedClock } from "#kit/stepped-clock.ts";
import { runController, TerminalError, watchManual } from "./controller.ts";

const ctx: Context = { signal: new AbortController().signal, log: silentLogger };

test("each reconciliation is counted by how it ended, and the queue by what went through it", async () => {
  const metrics = new Metrics();
  const manual = watchManual();
  const { ctx: own, cancel } = withCancel({ ...ctx, metrics });
  const left = new Set(["good", "late", "bad", "hopeless"]);
  const tries = new Map<string, number>();
  const running = runController(own, {
    name: "thing",
    workers: 2,
    watches: [manual],
    reconcile: async (_, { name }) => {
      const count = (tries.get(name) ?? 0) + 1;
      tries.set(name, count);
      if (name === "bad" && count === 1) throw new Error("not yet");
      left.delete(name);
      if (left.size === 0) queueMicrotask(cancel);
      if (name === "hopeless") throw new TerminalError("never");
      return name === "late" ? { requeueAfterMs: 3_600_000 } : {};
    },
  });
  for (const name of [...left]) manual.trigger({ name });
  await running;
  const text = metrics.render();
  const shown = (name: string): string[] => text.split("\n").filter((line) => line.startsWith(name));
  assert.deepEqual(shown("controller_runtime_reconcile_total").sort(), [
    'controller_runtime_reconcile_total{controller="thing",result="error"} 2',
    'controller_runtime_reconcile_total{controller="thing",result="requeue_after"} 1',
    'controller_runtime_reconcile_total{controller="thing",result="success"} 2',
  ]);
  assert.deepEqual(shown("controller_runtime_terminal"), [
    'controller_runtime_terminal_reconcile_errors_total{controller="thing"} 1',
  ]);
  assert.deepEqual(shown("controller_runtime_active_workers"), [
    'controller_runtime_active_workers{controller="thing"} 0',
  ]);
  assert.deepEqual(shown("controller_runtime_reconcile_time_seconds_count"), [
    'controller_runtime_reconcile_time_seconds_count{controller="thing"} 5',
  ]);
  assert.deepEqual(shown("workqueue_adds_total"), ['workqueue_adds_total{name="thing",controller="thing"} 5']);
  assert.deepEqual(shown("workqueue_retries_total"), ['workqueue_retries_total{name="thing",controller="thing"} 1']);
  assert.deepEqual(shown("workqueue_work_duration_seconds_count"), [
    'workqueue_work_duration_seconds_count{name="thing",controller="thing"} 5',
  ]);
  assert.deepEqual(shown("workqueue_depth"), ['workqueue_depth{name="thing",controller="thing"} 0']);
});

test("controllers of one name count together, and take their part with them", async () => {
  const metrics = new Metrics();
  const start = (): { readonly end: () => Promise<void> } => {
    const { ctx: own, cancel } = withCancel({ ...ctx, metrics });
    const running = runController(own, { name: "thing", workers: 2, watches: [], reconcile: async () => ({}) });
    return {
      end: () => {
        cancel();
        return running;
      },
    };
  };
  const workers = (): string | undefined =>
    /^controller_runtime_max_concurrent_reconciles\{controller="thing"\} (.*)$/m.exec(metrics.render())?.[1];
  const [first, second] = [start(), start()];
  assert.equal(workers(), "4");
  await first.end();
  assert.equal(workers(), "2");
  await second.end();
  assert.equal(workers(), "0");
});

test("a controller hears how long a change waited for its success, failures included", async () => {
  const clock = steppedClock();
  const manual = watchManual();
  const { ctx: own, cancel } = withCancel(ctx);
  const settled: number[] = [];
  let tries = 0;
  const running = runController(
    own,
    {
      name: "thing",
      watches: [manual],
      settled: (tookMs) => settled.push(tookMs),
      reconcile: async () => {
        clock.step(100);
        if (tries++ === 0) throw new Error("not yet");
        return {};
      },
    },
    { clock },
  );
  manual.trigger({ name: "a" });
  clock.step(await clock.waiting());
  while (settled.length === 0) await new Promise((resolve) => setImmediate(resolve));
  manual.trigger({ name: "a" });
  while (settled.length === 1) await new Promise((resolve) => setImmediate(resolve));
  cancel();
  await running;
  assert.deepEqual(settled, [205, 100]);
});
