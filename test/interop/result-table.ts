/** What worked and what did not, as one table at the end of a suite. */

export class ResultTable {
  readonly #columns: readonly string[];
  readonly #rows = new Map<string, Map<string, string>>();

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  /** Runs the step and notes how it went; a failure is thrown on. */
  async note(row: string, column: string, step: () => Promise<unknown>): Promise<void> {
    const cells = this.#rows.get(row) ?? new Map<string, string>();
    this.#rows.set(row, cells);
    cells.set(column, "FAILED");
    const start = performance.now();
    await step();
    cells.set(column, `ok ${((performance.now() - start) / 1_000).toFixed(1)} s`);
  }

  /** A line per step and a column per play, whose titles are given below: they are long. */
  format(): string {
    const titles = [...this.#rows.keys()];
    const lines = [
      ["", ...titles.map((_, index) => String(index + 1))],
      ...this.#columns.map((column) => [column, ...titles.map((title) => this.#rows.get(title)?.get(column) ?? "-")]),
    ];
    const widths = ["", ...titles].map((_, index) => Math.max(...lines.map((cells) => cells[index]?.length ?? 0)));
    const padded = lines.map((cells) => cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join("  "));
    return [...padded.map((line) => line.trimEnd()), "", ...titles.map((title, i) => `${i + 1}: ${title}`)].join("\n");
  }
}
