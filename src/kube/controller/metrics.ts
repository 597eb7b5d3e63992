/** What a controller tells of its work. Kubernetes: controller-runtime/pkg/internal/controller/metrics */
import type { Metrics } from "#base/metrics.ts";

export type Outcome = "success" | "requeue_after" | "error" | "terminal_error";

export interface ControllerMetrics extends Disposable {
  begun(): void;
  ended(outcome: Outcome, tookMs: number): void;
}

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function controllerMetrics(metrics: Metrics, controller: string, workers: number): ControllerMetrics {
  const of = { controller };
  const total = metrics.counter("controller_runtime_reconcile_total", "Reconciliations by how they ended.");
  const errors = metrics.counter("controller_runtime_reconcile_errors_total", "Reconciliations that failed.").with(of);
  const terminal = metrics
    .counter("controller_runtime_terminal_reconcile_errors_total", "Reconciliations that failed for good.")
    .with(of);
  const seconds = metrics
    .histogram("controller_runtime_reconcile_time_seconds", "How long a reconciliation takes.", BUCKETS)
    .with(of);
  const active = metrics.gauge("controller_runtime_active_workers", "Reconciliations that go on now.").with(of);
  const most = metrics
    .gauge("controller_runtime_max_concurrent_reconciles", "Reconciliations that may go on at once.")
    .with(of);
  most.add(workers);
  return {
    begun: () => active.add(1),
    [Symbol.dispose]: () => most.add(-workers),
    ended: (outcome, tookMs) => {
      active.add(-1);
      seconds.observe(tookMs / 1000);
      const isError = outcome === "error" || outcome === "terminal_error";
      total.with({ ...of, result: isError ? "error" : outcome }).increase();
      if (isError) errors.increase();
      if (outcome === "terminal_error") terminal.increase();
    },
  };
}
