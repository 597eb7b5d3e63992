/** Whether something fetched is what this repository expects, by its hash. W3C: Subresource Integrity */
import { createHash } from "node:crypto";

/** Throws unless `bytes` have the hash: `sha512-` and base64, as npm's registry and lock files write it. */
export function requireIntegrity(bytes: Uint8Array, expected: string, name: string): void {
  const [algorithm = ""] = expected.split("-");
  const found = `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`;
  if (found !== expected) throw new Error(`${name} is not what was expected: expected ${expected}, found ${found}`);
}
