/** Latency and throughput of a peering over the last quarter of an hour. */
import { useMemo } from "preact/hooks";
import type { PeeringItem } from "../../model/items.ts";
import { columnsOf, spreadOf } from "../state/curves.ts";
import { latency, rate } from "../state/words.ts";
import { Chart, type Curve } from "./chart.tsx";
import { useApp } from "./context.ts";
import { useLoaded } from "./loaded.ts";

const SPAN_MS = 15 * 60_000;
const RELOAD_MS = 5_000;

export function PeeringCurves({ peering }: { readonly peering: PeeringItem }) {
  const app = useApp();
  const to = Math.ceil((app.at.value ?? app.now.value) / RELOAD_MS) * RELOAD_MS;
  const samples = useLoaded(() => app.machine.api.samples({ from: to - SPAN_MS, to }), [to]);
  const columns = useMemo(() => columnsOf(samples.value ?? [], peering.key), [samples.value, peering.key]);
  const trips: Curve[] = useMemo(() => [{ label: "Round trip", colour: "one", values: columns.latencyMs }], [columns]);
  const rates: Curve[] = useMemo(
    () => [
      { label: "Received", colour: "one", values: columns.received },
      { label: "Sent", colour: "two", values: columns.sent },
    ],
    [columns],
  );
  if (columns.times.length < 2) return samples.state === "failed" ? <p class="failed">{samples.message}</p> : null;
  return (
    <section aria-labelledby="measured">
      <h2 id="measured">Measured</h2>
      <div class="columns">
        <Chart times={columns.times} curves={trips} words={latency} says={tripWords(columns.latencyMs)} />
        <Chart times={columns.times} curves={rates} words={rate} says={rateWords(columns.received, columns.sent)} />
      </div>
    </section>
  );
}

function tripWords(values: readonly (number | null)[]): string {
  const spread = spreadOf(values);
  if (spread === undefined) return "Round trip: not measured.";
  return `Round trip: between ${latency(spread.least)} and ${latency(spread.most)}, half of them below ${latency(spread.median)}.`;
}

function rateWords(received: readonly (number | null)[], sent: readonly (number | null)[]): string {
  const most = (values: readonly (number | null)[]): string => rate(spreadOf(values)?.most ?? 0);
  return `Throughput: at most ${most(received)} received and ${most(sent)} sent.`;
}
