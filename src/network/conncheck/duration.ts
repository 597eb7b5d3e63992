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
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) return undefined;
  return parts.reduce((sum, [, value, unit]) => sum + Number(value) * (UNITS_MS[unit ?? ""] ?? 0), 0);
}

/** A latency in milliseconds, to the microsecond: `412µs`, `1.25ms`, `2s`. */
export function formatDuration(ms: number): string {
  const microseconds = Math.max(0, Math.round(ms * 1_000));
  if (microseconds === 0) return "0s";
  if (microseconds < 1_000) return `${microseconds}µs`;
  if (microseconds < 1_000_000) return `${microseconds / 1_000}ms`;
  return `${microseconds / 1_000_000}s`;
}
