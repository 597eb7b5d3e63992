/** Counters of the virtual kubelet, by upstream's names. Upstream: pkg/virtualKubelet/reflection/generic/metrics.go */
import type { Counter, Family, Metrics } from "#base/metrics.ts";

export class ReflectionMetrics {
  readonly #labels: { readonly cluster_id: string; readonly node_name: string };
  readonly #items: Family<Counter>;
  readonly #errors: Family<Counter>;

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
  }

  item(reflector: string, namespace: string): void {
    this.#items.with({ namespace, reflector_resource: reflector, ...this.#labels }).increase();
  }

  error(reflector: string, namespace: string): void {
    this.#errors.with({ namespace, reflector_resource: reflector, ...this.#labels }).increase();
  }
}
