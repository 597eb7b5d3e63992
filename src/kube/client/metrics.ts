/** What a client tells of its requests. Kubernetes: component-base/metrics/prometheus/restclient/metrics.go */
import type { Metrics } from "#base/metrics.ts";

/** Called when the response's headers are there, or when there are none: without `code` then. */
export type ObserveRequest = (method: string, code: number | undefined, tookMs: number) => void;

const BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** Of requests to `server`, an API server's URL. */
export function clientMetrics(metrics: Metrics, server: string): ObserveRequest {
  const { host } = new URL(server);
  const requests = metrics.counter("rest_client_requests_total", "Requests to an API server by how they ended.");
  const seconds = metrics.histogram(
    "rest_client_request_duration_seconds",
    "How long an API server takes until it answers.",
    BUCKETS,
  );
  return (method, code, tookMs) => {
    requests.with({ code: code === undefined ? "<error>" : String(code), host, method }).increase();
    seconds.with({ host, verb: method }).observe(tookMs / 1_000);
  };
}
