/** Names of routing tables as the numbers that the kernel wants. Upstream: pkg/route/table.go */
import { createHash } from "node:crypto";

// 0 is unspecified, 253 to 255 are default, main and local; everything below is left to other software.
const FIRST_ID = 256;
const WORD_BYTES = 4;

/** The same name gives the same id on every host and after every restart: the SHA-256 of the name, folded to 32 bits. */
export function tableId(name: string): number {
  const digest = createHash("sha256").update(name).digest();
  let folded = 0;
  for (let at = 0; at < digest.length; at += WORD_BYTES) folded = (folded ^ digest.readUInt32BE(at)) >>> 0;
  return folded < FIRST_ID ? folded + FIRST_ID : folded;
}
