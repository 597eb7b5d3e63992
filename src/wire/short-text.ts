/** Texts that a peer tells how something ended with. */
import type { Readable } from "node:stream";

/** Far more than any message has; a peer that never ends must not fill the memory. */
const MAX_BYTES = 64 * 1024;

/** The beginning of the stream as text, read to its end. */
export async function readShortText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    if (size < MAX_BYTES) chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
  }
  return Buffer.concat(chunks).subarray(0, MAX_BYTES).toString("utf8");
}
