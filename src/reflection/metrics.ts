/** Counters of the virtual kubelet, by upstream's names. Upstream: pkg/virtualKubelet/reflection/generic/metrics.go */
import type { Counter, Family, Histogram, Metrics } from "#base/metrics.ts";

// From a quiet cluster beside this one to a peer that was away.
const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export class ReflectionMetrics {
  readonly #labels: { readonly cluster_id: string; readonly node_name: string };
  readonly #items: Family<Counter>;
  readonly #errors: Family<Counter>;
  readonly #latency: Family<Histogram>;

  constructor(metrics: Metrics, clusterId: string, nodeName: string) {
    this.#labels = { cluster_id: clusterId, node_name: nodeName };
    this.#items = metrics.counter(
      "liqo_virtual_kubelet_reflection_item_counter",
      "Objects that a reflector was asked to look at.",
    );
    this.#errors = metrics.counter(
      "liqo_virtual_kubelet_reflection_error_counter",
      "Objects that a reflector could not bring to what they should be, and tries again.",
    );
    this.#latency = metrics.histogram(
      "liqo_virtual_kubelet_reflection_latency_seconds",
      "From the change of an object until the other cluster has it, attempts that failed included.",
      LATENCY_BUCKETS,
    );
  }

  item(reflector: string, namespace: string): void {
    const labels = { namespace, reflector_resource: reflector, ...this.#labels };
    this.#items.with(labels).increase();
    // From the first object on: who looks for failures must be able to tell none from nobody who counts.
    this.#errors.with(labels);
  }

  /** Not by namespace: each would cost as many series as there are buckets. */
  settled(reflector: string, tookMs: number): void {
    this.#latency.with({ reflector_resource: reflector, ...this.#labels }).observe(tookMs / 1_000);
  }

  error(reflector: string, namespace: string): void {
    this.#errors.with({ namespace, reflector_resource: reflector, ...this.#labels }).increase();
  }
}
