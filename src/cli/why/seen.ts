/** What could be read of a cluster, or why it could not: a link that nobody may see is unknown, not broken. */
import { messageOf } from "#base/errors.ts";
import { type Link, unknown } from "./link.ts";

export interface Hidden {
  /** What refused, and whom. */
  readonly hidden: string;
}

export type Seen<T> = T | Hidden;

export function isHidden(seen: unknown): seen is Hidden {
  return typeof seen === "object" && seen !== null && "hidden" in seen;
}

/** Absent where it could not be read. */
export function visible<T>(seen: Seen<T>): T | undefined {
  return isHidden(seen) ? undefined : seen;
}

export async function look<T>(asked: Promise<T>): Promise<Seen<T>> {
  try {
    return await asked;
  } catch (error) {
    return { hidden: messageOf(error) };
  }
}

export const REMOTE_HINT = "give --remote-context or --remote-kubeconfig";

export function unseen(link: string, what: string, { hidden }: Hidden, hint?: string): Link {
  return unknown(link, `${what} could not be asked: ${hidden}`, hint);
}
