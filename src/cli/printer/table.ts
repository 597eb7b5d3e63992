/** Plain text tables and boxes. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headers.map((header, i) => Math.max(header.length, ...rows.map((row) => (row[i] ?? "").length)));
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("   ")
      .trimEnd();
  return [headers, ...rows].map(format).join("\n");
}

/** A titled box around `key: value` lines. */
export function box(title: string, entries: readonly (readonly [string, string])[]): string {
  const keyWidth = Math.max(0, ...entries.map(([key]) => key.length));
  const lines = entries.map(([key, value]) => (key === "" ? value : `${`${key}:`.padEnd(keyWidth + 2)}${value}`));
  const width = Math.max(title.length + 2, ...lines.map((text) => text.length));
  const bar = "─".repeat(width + 2);
  const top = `┌─ ${title} ${"─".repeat(Math.max(0, width - title.length - 1))}┐`;
  return [top, ...lines.map((text) => `│ ${text.padEnd(width)} │`), `└${bar}┘`].join("\n");
}
