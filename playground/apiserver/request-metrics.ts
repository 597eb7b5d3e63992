/** What the API server tells of its requests, and of itself. Kubernetes: apiserver/pkg/endpoints/metrics */
import { type Counter, type Family, type Histogram, Metrics } from "#base/metrics.ts";
import type { RequestInfo } from "./request-info.ts";

export class RequestMetrics {
  readonly #metrics = new Metrics();
  readonly #requests: Family<Counter>;
  readonly #durations: Family<Histogram>;

  constructor() {
    this.#requests = this.#metrics.counter(
      "apiserver_request_total",
      "Requests by verb, group, version, resource and code.",
    );
    this.#durations = this.#metrics.histogram("apiserver_request_duration_seconds", "Response latency in seconds.");
  }

  count({ verb, group, version, plural, subresource }: RequestInfo, code: number, elapsedMs: number): void {
    const labels = { group, resource: plural, subresource, verb: verb.toUpperCase(), version };
    this.#requests.with({ code: String(code), ...labels }).increase();
    this.#durations.with(labels).observe(elapsedMs / 1000);
  }

  /** Prometheus text. */
  render(): string {
    const own = new Metrics();
    const { user, system } = process.cpuUsage();
    own
      .gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
      .with({})
      .set(process.memoryUsage.rss());
    own
      .counter("process_cpu_seconds_total", "User and system CPU time spent in seconds.")
      .with({})
      .increase((user + system) / 1e6);
    return this.#metrics.render() + own.render();
  }
}
