/**
 * Stacks that point into the sources. Node's --enable-source-maps keeps the map of each bundle in memory, 10 MiB of a process,
 * and its class for maps makes ten times that of garbage; here a map is read through when a stack is shown.
 */
import { readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FRAME = /file:\/\/[^\s()]+?\.js:\d+:\d+/g;

/** What of ECMA-426 is needed to find an origin. */
interface SourceMap {
  readonly sources: readonly string[];
  readonly mappings: string;
}

interface Position {
  readonly source: number;
  readonly line: number;
  readonly column: number;
}

/** The error's stack; positions in a bundle are those of its sources if its map lies beside it. */
export function sourceStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const maps = new Map<string, SourceMap | undefined>();
  return (error.stack ?? error.message).replace(FRAME, (frame) => {
    const [, url = "", line = "", column = ""] = /^(.*):(\d+):(\d+)$/.exec(frame) ?? [];
    const bundle = fileURLToPath(url);
    if (!maps.has(bundle)) maps.set(bundle, readMap(`${bundle}.map`));
    const map = maps.get(bundle);
    const origin = map === undefined ? undefined : findOrigin(map.mappings, Number(line) - 1, Number(column) - 1);
    const source = origin === undefined ? undefined : map?.sources[origin.source];
    if (origin === undefined || source === undefined) return frame;
    return `${shownPath(bundle, source)}:${origin.line + 1}:${origin.column + 1}`;
  });
}

/** From the project's folder, where the sources need not be: `.build/bundle/x.js` and `../../src/y.ts` give `src/y.ts`. */
function shownPath(bundle: string, source: string): string {
  return relative(process.cwd(), resolve(dirname(bundle), source)).replace(/^(\.\.\/)+/, "");
}

function readMap(path: string): SourceMap | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as SourceMap;
  } catch {
    // No map, or none that can be read: the bundle's own positions are shown.
    return undefined;
  }
}

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS = Int8Array.from({ length: 128 }, (_, code) => BASE64.indexOf(String.fromCharCode(code)));
const COMMA = 44;
const SEMICOLON = 59;

/** The last mapping of the line at or before the column, all counted from 0. ECMA-426: each number is relative to the one before. */
function findOrigin(mappings: string, line: number, column: number): Position | undefined {
  let at = 0;
  const read = (): number => {
    let [value, shift, digit] = [0, 0, 0];
    do {
      digit = DIGITS[mappings.charCodeAt(at++)] ?? 0;
      value |= (digit & 31) << shift;
      shift += 5;
    } while (digit & 32);
    return value & 1 ? -(value >>> 1) : value >>> 1;
  };
  const hasMore = (): boolean => at < mappings.length && ![COMMA, SEMICOLON].includes(mappings.charCodeAt(at));
  let found: Position | undefined;
  let [source, sourceLine, sourceColumn] = [0, 0, 0];
  for (let current = 0; current <= line && at < mappings.length; current++, at++) {
    for (let generated = 0; at < mappings.length && mappings.charCodeAt(at) !== SEMICOLON; ) {
      generated += read();
      if (hasMore()) [source, sourceLine, sourceColumn] = [source + read(), sourceLine + read(), sourceColumn + read()];
      if (hasMore()) read();
      if (current === line && generated <= column) found = { source, line: sourceLine, column: sourceColumn };
      if (mappings.charCodeAt(at) === COMMA) at++;
    }
  }
  return found;
}
