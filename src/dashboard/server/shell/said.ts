/** What a page tells beside what is typed. */
import { parseJson } from "#base/text/json.ts";
import type { ShellSaid } from "../../model/protocol.ts";

/** Go: remotecommand.TerminalSize has fields of 16 bits. */
const MOST_CELLS = 0xffff;

/** Undefined for whatever is none of it. */
export function parseShellSaid(text: string): ShellSaid | undefined {
  const value = jsonOf(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { is, columns, rows, bytes } = value as Record<string, unknown>;
  if (is === "size" && isWhole(columns, MOST_CELLS) && isWhole(rows, MOST_CELLS)) return { is, columns, rows };
  if (is === "read" && isWhole(bytes, Number.MAX_SAFE_INTEGER)) return { is, bytes };
  return undefined;
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function isWhole(value: unknown, most: number): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= most;
}
