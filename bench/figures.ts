/** How benchmarks state what they measured: a table with unit and, where there is one, the reference and the ratio. */
import { table } from "#cli/printer/table.ts";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "s" | "MiB" | "cores" | "1/s" | "Mbit/s";
  /** Measured in the same run, in the same unit. */
  readonly reference?: { readonly name: string; readonly value: number };
  /** What we want, shown beside the value. */
  readonly goal?: string;
}

export function printFigures(title: string, figures: readonly Figure[]): void {
  const rows = figures.map(({ name, value, unit, reference, goal }) => [
    name,
    `${round(value)} ${unit}`,
    reference === undefined ? "" : `${round(reference.value)} ${unit} (${reference.name})`,
    reference === undefined || reference.value === 0 ? "" : `${round(value / reference.value)} x`,
    goal ?? "",
  ]);
  process.stdout.write(`\n${title}\n${table(["FIGURE", "VALUE", "REFERENCE", "RATIO", "GOAL"], rows)}\n`);
}

/** One figure a line, an engine a column, and the ratio of the first to the last. */
export function printSideBySide(title: string, engines: ReadonlyMap<string, readonly Figure[]>): void {
  const columns = [...engines.values()];
  const names = [...new Set(columns.flatMap((figures) => figures.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const found = columns.map((figures) => figures.find((figure) => figure.name === name));
    const first = found.at(0)?.value;
    const last = found.at(-1)?.value;
    const ratio = columns.length < 2 || !first || !last ? "" : `${round(first / last)} x`;
    return [name, ...found.map(withReference), ratio, found.find((figure) => figure?.goal)?.goal ?? ""];
  });
  const headers = ["FIGURE", ...[...engines.keys()].map((name) => name.toUpperCase()), "RATIO", "GOAL"];
  process.stdout.write(`\n${title}\n${table(headers, rows)}\n`);
}

function withReference(figure: Figure | undefined): string {
  if (figure === undefined) return "";
  const { value, unit, reference } = figure;
  const own = `${round(value)} ${unit}`;
  if (reference === undefined) return own;
  return `${own} (${round(value / reference.value)} x ${reference.name}: ${round(reference.value)})`;
}

/** Nearest rank. @param share 0.5 for the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Median and 99th percentile of `values` beside those of a reference. */
export function quantileFigures(
  name: string,
  values: readonly number[],
  reference?: { readonly name: string; readonly values: readonly number[] },
): Figure[] {
  return ([0.5, 0.99] as const).map((share) => ({
    name: `${name}, p${share * 100}`,
    value: quantile(values, share),
    unit: "ms" as const,
    ...(reference !== undefined && {
      reference: { name: reference.name, value: quantile(reference.values, share) },
    }),
  }));
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
