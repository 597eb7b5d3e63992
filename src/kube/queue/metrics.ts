/** What a work queue tells of itself. Kubernetes: component-base/metrics/prometheus/workqueue; controller-runtime/pkg/metrics/workqueue.go */
import type { Metrics } from "#base/metrics.ts";

export interface QueueMetrics {
  /** So many of this queue's keys wait now. */
  depth(keys: number): void;
  added(): void;
  retried(): void;
  /** After it has waited so long. */
  taken(waitedMs: number): void;
  /** After it was worked on so long. */
  done(workedMs: number): void;
}

// controller-runtime: prometheus.ExponentialBuckets(10e-9, 10, 12), from what is measurable here on.
const BUCKETS = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000];

export function queueMetrics(metrics: Metrics, name: string): QueueMetrics {
  const of = { name, controller: name };
  const depth = metrics.gauge("workqueue_depth", "Keys that wait.").with(of);
  const adds = metrics.counter("workqueue_adds_total", "Keys that were added.").with(of);
  const retries = metrics.counter("workqueue_retries_total", "Keys that came back after a failure.").with(of);
  const waited = metrics
    .histogram("workqueue_queue_duration_seconds", "How long a key waits before it is worked on.", BUCKETS)
    .with(of);
  const worked = metrics
    .histogram("workqueue_work_duration_seconds", "How long the work on a key takes.", BUCKETS)
    .with(of);
  // Controllers of one name, one for each namespace, count together.
  let waiting = 0;
  return {
    depth: (keys) => {
      depth.add(keys - waiting);
      waiting = keys;
    },
    added: () => adds.increase(),
    retried: () => retries.increase(),
    taken: (ms) => waited.observe(ms / 1000),
    done: (ms) => worked.observe(ms / 1000),
  };
}
