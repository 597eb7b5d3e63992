/** What a folder holds. */
import { readdirSync } from "node:fs";
import { hasCode } from "./errors.ts";

/** Names in the folder; none when it does not exist. */
export function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  }
}
