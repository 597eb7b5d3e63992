/** The few metrics that dashboards and the benchmark read, in Prometheus' text form. */
import type { RequestInfo } from "./request-info.ts";

interface Series {
  count: number;
  seconds: number;
}

export class Metrics {
  readonly #requests = new Map<string, Series>();

  count(info: RequestInfo, code: number, elapsedMs: number): void {
    const { verb, group, version, plural, subresource } = info;
    const labels = `code="${code}",group="${group}",resource="${plural}",subresource="${subresource}",verb="${verb.toUpperCase()}",version="${version}"`;
    const series = this.#requests.get(labels) ?? { count: 0, seconds: 0 };
    series.count++;
    series.seconds += elapsedMs / 1000;
    this.#requests.set(labels, series);
  }

  text(): string {
    const memory = process.memoryUsage();
    const lines = [
      "# HELP apiserver_request_total Counter of apiserver requests broken out for each verb, group, version, resource and code.",
      "# TYPE apiserver_request_total counter",
      ...[...this.#requests].map(([labels, { count }]) => `apiserver_request_total{${labels}} ${count}`),
      "# HELP apiserver_request_duration_seconds Response latency in seconds.",
      "# TYPE apiserver_request_duration_seconds summary",
      ...[...this.#requests].flatMap(([labels, { count, seconds }]) => [
        `apiserver_request_duration_seconds_sum{${labels}} ${seconds}`,
        `apiserver_request_duration_seconds_count{${labels}} ${count}`,
      ]),
      "# TYPE process_resident_memory_bytes gauge",
      `process_resident_memory_bytes ${memory.rss}`,
      "# TYPE process_cpu_seconds_total counter",
      `process_cpu_seconds_total ${process.cpuUsage().user / 1e6}`,
    ];
    return `${lines.join("\n")}\n`;
  }
}
