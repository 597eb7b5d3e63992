/** Counters of the virtual kubelet, by upstream's names. Upstream: pkg/virtualKubelet/reflection/generic/metrics.go */
const ITEMS = "liqo_virtual_kubelet_reflection_item_counter";
const ERRORS = "liqo_virtual_kubelet_reflection_error_counter";

export class ReflectionMetrics {
  readonly #labels: string;
  readonly #counters = new Map<string, number>();

  constructor(clusterId: string, nodeName: string) {
    this.#labels = `cluster_id="${clusterId}",node_name="${nodeName}"`;
  }

  item(reflector: string, namespace: string): void {
    this.#increase(ITEMS, reflector, namespace);
  }

  error(reflector: string, namespace: string): void {
    this.#increase(ERRORS, reflector, namespace);
  }

  /** Prometheus text. */
  render(): string {
    const lines = [ITEMS, ERRORS].flatMap((metric) => [
      `# TYPE ${metric} counter`,
      ...[...this.#counters].filter(([key]) => key.startsWith(metric)).map(([key, value]) => `${key} ${value}`),
    ]);
    return `${lines.join("\n")}\n`;
  }

  #increase(metric: string, reflector: string, namespace: string): void {
    const key = `${metric}{namespace="${namespace}",reflector_resource="${reflector}",${this.#labels}}`;
    this.#counters.set(key, (this.#counters.get(key) ?? 0) + 1);
  }
}
