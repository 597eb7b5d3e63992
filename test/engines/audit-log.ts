/** Reads an API server's audit log: both engines write the same form. */
import { readFileSync } from "node:fs";
import type { AuditEvent } from "./engine.ts";

export function readAuditLog(path: string): AuditEvent[] {
  // Written line by line while it is read: what follows the last line break is not whole yet.
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}
