/**
 * Go's durations, which flags and Connection objects use: `2s`, `1m30s`, `-1.5h`, `412µs`.
 * Go: time/format.go, time.ParseDuration
 */
// Both of Unicode's micro signs, escaped: one character beyond Latin-1 doubles what the source of a whole bundle takes.
const UNITS_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};
const NS_PER_MS = 1e6;
// Go counts nanoseconds in 64 bits.
const MOST_NS = 2 ** 63;

/** Milliseconds, to the nanosecond; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  const isNegative = text.startsWith("-");
  const unsigned = isNegative || text.startsWith("+") ? text.slice(1) : text;
  if (unsigned === "0") return 0;
  // Each part begins where the one before it ended: looked for anywhere, it would be for every digit.
  const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
  let sumNs = 0;
  while (part.lastIndex < unsigned.length) {
    const [, amount, unit = ""] = part.exec(unsigned) ?? [];
    if (amount === undefined) return undefined;
    sumNs += Math.round(Number(amount) * (UNITS_NS[unit] ?? 0));
  }
  if (unsigned === "" || sumNs >= MOST_NS) return undefined;
  return sumNs === 0 || !isNegative ? sumNs / NS_PER_MS : -sumNs / NS_PER_MS;
}

/** A latency in milliseconds, to the microsecond: `412µs`, `1.25ms`, `2s`. */
export function formatDuration(ms: number): string {
  const microseconds = Math.max(0, Math.round(ms * 1_000));
  if (microseconds === 0) return "0s";
  if (microseconds < 1_000) return `${microseconds}\u00b5s`;
  if (microseconds < 1_000_000) return `${microseconds / 1_000}ms`;
  return `${microseconds / 1_000_000}s`;
}
