/** Go's durations, which flags and Connection objects use: `2s`, `1m30s`, `412µs`. Go: time/format.go, time.ParseDuration */
// Both of Unicode's micro signs, escaped: one character beyond Latin-1 doubles what the source of a whole bundle takes.
const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  // Each part begins where the one before it ended: looked for anywhere, it would be for every digit.
  const part = /(\d+(?:\.\d+)?)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;
  let sum = 0;
  while (part.lastIndex < text.length) {
    const [, value, unit = ""] = part.exec(text) ?? [];
    if (value === undefined) return undefined;
    sum += Number(value) * (UNITS_MS[unit] ?? 0);
  }
  return text === "" ? undefined : sum;
}

/** A latency in milliseconds, to the microsecond: `412µs`, `1.25ms`, `2s`. */
export function formatDuration(ms: number): string {
  const microseconds = Math.max(0, Math.round(ms * 1_000));
  if (microseconds === 0) return "0s";
  if (microseconds < 1_000) return `${microseconds}µs`;
  if (microseconds < 1_000_000) return `${microseconds / 1_000}ms`;
  return `${microseconds / 1_000_000}s`;
}
