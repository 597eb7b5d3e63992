/** A curve over time. The sentence below says what it shows, for who does not see it. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { timeOfDay } from "../state/words.ts";
import { useApp } from "./context.ts";

export interface Curve {
  readonly label: string;
  /** Name of the colour in style.css. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
}

const HEIGHT = 150;
const LEAST_SECONDS = 120;

export function Chart(props: {
  readonly times: readonly number[];
  readonly curves: readonly Curve[];
  readonly says: string;
  readonly words: (value: number) => string;
}) {
  const { times, curves, says, words } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const theme = useApp().theme.value;
  useEffect(() => {
    const parent = box.current;
    if (parent === null) return;
    const made = new uPlot(optionsOf(parent, curves, words), dataOf(times, curves), parent);
    chart.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: parent.clientWidth, height: HEIGHT }));
    resize.observe(parent);
    return () => {
      resize.disconnect();
      made.destroy();
    };
  }, [theme, curves.length]);
  useEffect(() => chart.current?.setData(dataOf(times, curves)), [times, curves]);
  return (
    <figure class="chart">
      <div ref={box} aria-hidden="true" />
      <figcaption>{says}</figcaption>
    </figure>
  );
}

function optionsOf(parent: HTMLElement, curves: readonly Curve[], words: (value: number) => string): uPlot.Options {
  // A hidden element resolves light-dark(), which a canvas can't.
  const resolved = getComputedStyle(parent);
  const colour = (name: string): string => resolved.getPropertyValue(`--chart-${name}`).trim() || resolved.color;
  const axis = { stroke: colour("axis"), grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
  return {
    width: parent.clientWidth || 300,
    height: HEIGHT,
    cursor: { y: false, drag: { x: false, y: false } },
    legend: { show: curves.length > 1 },
    axes: [
      { ...axis, size: 28, space: 90, values: timesOf },
      { ...axis, size: 76, values: (_, values) => values.map(words) },
    ],
    series: [
      { value: (_, value) => (value === null ? "" : timeOfDay(value * 1000)) },
      ...curves.map(({ label, colour: name }) => ({
        label,
        stroke: colour(name),
        width: 2,
        spanGaps: false,
        value: (_: uPlot, value: number | null) => (value === null ? "–" : words(value)),
      })),
    ],
    scales: {
      // The first samples do not fill the width.
      x: { range: (_, first, last) => [Math.min(first, last - LEAST_SECONDS), last] },
      y: { range: (_, least, most) => [Math.min(0, least), most <= 0 ? 1 : most * 1.15] },
    },
  };
}

/** With seconds where a minute has more than one mark. */
function timesOf(_: uPlot, times: number[], _axis: number, _space: number, seconds: number): string[] {
  return times.map((at) => timeOfDay(at * 1000).slice(0, seconds < 60 ? 8 : 5));
}

function dataOf(times: readonly number[], curves: readonly Curve[]): uPlot.AlignedData {
  return [times.map((at) => at / 1000), ...curves.map(({ values }) => [...values])];
}
