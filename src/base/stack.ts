/**
 * Stacks that point into the sources. Node's --enable-source-maps keeps the map of each bundle in memory, 10 MiB of a process;
 * here it is read when a stack is shown.
 */
import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FRAME = /file:\/\/[^\s()]+?\.js:\d+:\d+/g;

/** The error's stack; positions in a bundle are those of its sources if its map lies beside it. */
export function sourceStack(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const maps = new Map<string, SourceMap | undefined>();
  return (error.stack ?? error.message).replace(FRAME, (frame) => {
    const [, url = "", line = "", column = ""] = /^(.*):(\d+):(\d+)$/.exec(frame) ?? [];
    const bundle = fileURLToPath(url);
    if (!maps.has(bundle)) maps.set(bundle, readMap(`${bundle}.map`));
    const origin = maps.get(bundle)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !("fileName" in origin)) return frame;
    return `${shownPath(bundle, origin.fileName)}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

/** From the project's folder, where the sources need not be: `.build/bundle/x.js` and `../../src/y.ts` give `src/y.ts`. */
function shownPath(bundle: string, source: string): string {
  return relative(process.cwd(), resolve(dirname(bundle), source)).replace(/^(\.\.\/)+/, "");
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, "utf8")) as SourceMapPayload);
  } catch {
    // No map, or none that can be read: the bundle's own positions are shown.
    return undefined;
  }
}
