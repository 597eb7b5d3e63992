/**
 * What the provider refused, and when to ask again: soon at first, after minutes in the end, since quotas get free and
 * policies change, but a consumer must not keep the controller and its log busy. Used by the ShadowPod and the NamespaceMap controller.
 */
import { StatusError } from "#machinery/status-error.ts";

// From a second to the five minutes after which a kubelet, too, starts a failing container again.
const FIRST_MS = 1_000;
const MOST_MS = 300_000;
// Kubernetes' limit for the message of an event, which is where a consumer reads it.
const MESSAGE_CHARACTERS = 1_024;

interface Refusal {
  readonly uid: string;
  readonly message: string;
  readonly delayMs: number;
  readonly atMs: number;
}

export class Refusals {
  /** By namespace and name. */
  readonly #known = new Map<string, Refusal>();

  /** How long to wait before the next try; 0: now. */
  waitMs(key: string, uid: string, nowMs: number): number {
    const known = this.#known.get(key);
    return known?.uid === uid ? Math.max(0, known.atMs + known.delayMs - nowMs) : 0;
  }

  /** Takes note of one more refusal: how long to wait now, and whether its reason is news. */
  add(key: string, refused: { uid: string; message: string }, nowMs: number): { delayMs: number; isNews: boolean } {
    const known = this.#known.get(key);
    const before = known?.uid === refused.uid ? known : undefined;
    const delayMs = before === undefined ? FIRST_MS : Math.min(MOST_MS, before.delayMs * 2);
    this.#known.set(key, { ...refused, delayMs, atMs: nowMs });
    return { delayMs, isNews: before?.message !== refused.message };
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}

/** Why the API server would not have the object; undefined when the failure is none of the object's. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof StatusError) || error.code < 400 || error.code >= 500) return undefined;
  // Not signed in, too slow, in the way of another write, too many requests.
  if ([401, 408, 409, 429].includes(error.code)) return undefined;
  return error.message.slice(0, MESSAGE_CHARACTERS);
}
