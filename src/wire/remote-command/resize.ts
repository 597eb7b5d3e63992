/** Terminal sizes as JSON documents one after the other: `{"Width":80,"Height":24}`. */
import type { Readable } from "node:stream";
import type { TerminalSize } from "./exec-streams.ts";

/** No document is longer. */
const MAX_DOCUMENT_BYTES = 1024;
// Go: remotecommand.TerminalSize has fields of 16 bits.
const MAX_SIZE = 0xffff;

export function encodeSize({ width, height }: TerminalSize): string {
  return `${JSON.stringify({ Width: width, Height: height })}\n`;
}

/** Ends with the stream; anything that is not a size ends it too. */
export async function* decodeSizes(stream: Readable): AsyncGenerator<TerminalSize> {
  let rest = "";
  for await (const chunk of stream) {
    rest += String(chunk);
    for (let end = rest.indexOf("}"); end >= 0; end = rest.indexOf("}")) {
      const size = decodeSize(rest.slice(0, end + 1));
      if (size === undefined) return;
      rest = rest.slice(end + 1);
      yield size;
    }
    if (rest.length > MAX_DOCUMENT_BYTES) return;
  }
}

function decodeSize(text: string): TerminalSize | undefined {
  try {
    const { Width, Height } = JSON.parse(text) as { Width?: unknown; Height?: unknown };
    return isSize(Width) && isSize(Height) ? { width: Width, height: Height } : undefined;
  } catch {
    return undefined;
  }
}

function isSize(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_SIZE;
}
