/** The last lines of a log that keeps coming, in bounded memory. */

export interface Lines {
  readonly lines: readonly string[];
  /** What came after the last line's end. */
  readonly rest: string;
  readonly dropped: number;
}

export const NO_LINES: Lines = { lines: [], rest: "", dropped: 0 };

const LONGEST = 10_000;

export function withText(before: Lines, text: string, most: number): Lines {
  const parts = (before.rest + text).split("\n");
  const rest = parts.pop() ?? "";
  const all = [...before.lines, ...parts.map((line) => line.slice(0, LONGEST))];
  const dropped = Math.max(0, all.length - most);
  return {
    lines: dropped === 0 ? all : all.slice(dropped),
    rest: rest.slice(0, LONGEST),
    dropped: before.dropped + dropped,
  };
}
