/** Ages as kubectl prints them: `5s`, `3m20s`, `4h`, `2d3h`, `1y20d`. Kubernetes: apimachinery/pkg/util/duration/duration.go */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return formatTwoUnits(minutes, "m", seconds % 60, "s");
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return formatTwoUnits(hours, "h", minutes % 60, "m");
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 192) return formatTwoUnits(days, "d", hours % 24, "h");
  if (hours < 8760 * 2) return `${days}d`;
  const years = Math.trunc(hours / 8760);
  return hours < 8760 * 8 ? formatTwoUnits(years, "y", days % 365, "d") : `${years}y`;
}

function formatTwoUnits(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major}${majorUnit}` : `${major}${majorUnit}${minor}${minorUnit}`;
}
