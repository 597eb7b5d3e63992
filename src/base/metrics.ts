/**
 * Counters, gauges and histograms of a process, and the one place that writes them down.
 * Format: Prometheus' text exposition format 0.0.4. Names and units: prometheus.io/docs/practices/naming
 */

export const METRICS_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** In the order in which they are shown. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  /** By 1, unless told otherwise. */
  increase(by?: number): void;
}

export interface Gauge {
  set(value: number): void;
  /** What several hold a part of: each adds and takes away its own. */
  add(by: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

/** A metric with all its series. */
export interface Family<Series> {
  /** The series with these labels, made at the first call. */
  with(labels: Labels): Series;
}

// Prometheus' client for Go: DefBuckets.
const DEFAULT_BUCKETS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

type Type = "counter" | "gauge" | "histogram";

/** One line after the other, without the name: suffix, labels, value. */
type Sample = readonly [suffix: string, labels: Labels, value: number];

interface Member {
  samples(): readonly Sample[];
}

interface Described {
  readonly type: Type;
  readonly help: string;
  readonly members: Map<string, Member>;
}

/** A process has one; one that is made for a single reading is as good. */
export class Metrics {
  readonly #families = new Map<string, Described>();
  readonly #readers: (() => void)[] = [];

  counter(name: string, help: string): Family<Counter> {
    return this.#family(name, "counter", help, (labels) => new Value(labels));
  }

  gauge(name: string, help: string): Family<Gauge> {
    return this.#family(name, "gauge", help, (labels) => new Value(labels));
  }

  /** `buckets` are upper bounds, from low to high. */
  histogram(name: string, help: string, buckets: readonly number[] = DEFAULT_BUCKETS): Family<Histogram> {
    return this.#family(name, "histogram", help, (labels) => new Distribution(labels, buckets));
  }

  /** `read` sets what is only known by looking, each time before the metrics are shown. */
  beforeRender(read: () => void): void {
    this.#readers.push(read);
  }

  render(): string {
    for (const read of this.#readers) read();
    let text = "";
    for (const [name, { type, help, members }] of this.#families) {
      text += `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
      for (const member of members.values())
        for (const [suffix, labels, value] of member.samples())
          text += `${name}${suffix}${formatLabels(labels)} ${formatValue(value)}\n`;
    }
    return text;
  }

  /** Throws when the name stands for something else already. */
  #family<M extends Member>(name: string, type: Type, help: string, make: (labels: Labels) => M): Family<M> {
    const family = this.#families.get(name) ?? { type, help, members: new Map<string, Member>() };
    if (family.type !== type) throw new TypeError(`metric ${name} is a ${family.type} and no ${type}`);
    this.#families.set(name, family);
    return {
      with: (labels) => {
        const key = formatLabels(labels);
        // All members of a family were made by one of its type.
        const member = (family.members.get(key) as M | undefined) ?? make(labels);
        family.members.set(key, member);
        return member;
      },
    };
  }
}

class Value implements Counter, Gauge, Member {
  readonly #labels: Labels;
  #value = 0;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  increase(by = 1): void {
    this.#value += by;
  }

  add(by: number): void {
    this.#value += by;
  }

  set(value: number): void {
    this.#value = value;
  }

  samples(): readonly Sample[] {
    return [["", this.#labels, this.#value]];
  }
}

class Distribution implements Histogram, Member {
  readonly #labels: Labels;
  readonly #bounds: readonly number[];
  /** Of each bucket alone; the last has no bound. */
  readonly #counts: number[];
  #sum = 0;

  constructor(labels: Labels, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    const index = at < 0 ? this.#bounds.length : at;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  samples(): readonly Sample[] {
    let total = 0;
    const buckets = [...this.#bounds, Number.POSITIVE_INFINITY].map((bound, index): Sample => {
      total += this.#counts[index] ?? 0;
      return ["_bucket", { ...this.#labels, le: formatValue(bound) }, total];
    });
    return [...buckets, ["_sum", this.#labels, this.#sum], ["_count", this.#labels, total]];
  }
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n") : value;
}

function escapeHelp(help: string): string {
  return help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function formatValue(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}
