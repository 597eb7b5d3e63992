/** What a process that traces tells of its spans. */
import type { Counter, Metrics } from "../metrics.ts";

export function spanMetrics(metrics: Metrics): { readonly sent: Counter; readonly dropped: Counter } {
  const spans = metrics.counter(
    "liqo_trace_spans_total",
    "Spans by what became of them: sent, or dropped because the collector did not take them.",
  );
  return { sent: spans.with({ result: "sent" }), dropped: spans.with({ result: "dropped" }) };
}
