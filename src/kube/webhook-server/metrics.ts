/** What a webhook server tells of its work. Kubernetes: controller-runtime/pkg/webhook/internal/metrics */
import type { Metrics } from "#base/metrics.ts";

export interface WebhookMetrics {
  begun(): void;
  ended(code: number, tookMs: number): void;
}

/** Of the webhook at `path`. */
export function webhookMetrics(metrics: Metrics, path: string): WebhookMetrics {
  const of = { webhook: path };
  const requests = metrics.counter(
    "controller_runtime_webhook_requests_total",
    "Admission requests by how they ended.",
  );
  const latency = metrics
    .histogram("controller_runtime_webhook_latency_seconds", "How long the answer to an admission request takes.")
    .with(of);
  const inFlight = metrics
    .gauge("controller_runtime_webhook_requests_in_flight", "Admission requests that are not answered yet.")
    .with(of);
  return {
    begun: () => inFlight.add(1),
    ended: (code, tookMs) => {
      inFlight.add(-1);
      latency.observe(tookMs / 1_000);
      requests.with({ ...of, code: String(code) }).increase();
    },
  };
}
