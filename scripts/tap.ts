/** Reads the report of node's test runner: TAP version 13 with a YAML block for each test. */

export interface Failures {
  /** Tests that failed in the file, suites around them not counted. */
  readonly count: number;
  /** Their part of the report. */
  readonly text: string;
}

const RESULT = /^( *)(not ok|ok) \d+/;

/** By the path of the file that a failed test stands in. */
export function failuresByFile(tap: string): Map<string, Failures> {
  const found = new Map<string, Failures>();
  for (const block of blocksOf(tap)) {
    if (!/^ *not ok /.test(block) || /^ *type: 'suite'$/m.test(block)) continue;
    const file = /^ *location: '(.+):\d+:\d+'$/m.exec(block)?.[1];
    if (file === undefined) continue;
    const { count, text } = found.get(file) ?? { count: 0, text: "" };
    found.set(file, { count: count + 1, text: `${text}${block}\n` });
  }
  return found;
}

export interface Timed {
  readonly name: string;
  readonly seconds: number;
}

/** The outermost tests and suites that took at least so long, the longest first. */
export function longest(tap: string, leastSeconds: number): Timed[] {
  return blocksOf(tap)
    .flatMap((block): Timed[] => {
      const name = /^(?:not )?ok \d+ - (.*)$/m.exec(block.split("\n")[0] ?? "")?.[1];
      const ms = Number(/^ {2}duration_ms: ([\d.]+)$/m.exec(block)?.[1] ?? 0);
      return name === undefined || ms < leastSeconds * 1_000 ? [] : [{ name, seconds: ms / 1_000 }];
    })
    .sort((a, b) => b.seconds - a.seconds);
}

/** A result and what belongs to it, up to the next one. */
function blocksOf(tap: string): string[] {
  const blocks: string[][] = [];
  for (const line of tap.split("\n")) {
    if (RESULT.test(line)) blocks.push([]);
    blocks.at(-1)?.push(line);
  }
  return blocks.map((lines) => lines.join("\n"));
}

/**
 * Files of tests to repeat for one that failed, of those that ran: its own, or those that import the steps which it stands
 * in; the only one there was, where none does itself.
 */
export function filesToRepeat(
  path: string,
  tests: readonly { readonly path: string; readonly text: string }[],
): string[] {
  if (path.endsWith("test.ts")) return [path];
  const name = path.slice(path.lastIndexOf("/") + 1);
  const importing = tests.filter(({ text }) => text.includes(`/${name}"`));
  return (importing.length === 0 && tests.length === 1 ? tests : importing).map((each) => each.path);
}
