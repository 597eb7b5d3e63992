/**
 * What each consumer uses of its Quota, kept as running totals: a ShadowPod is asked about on every creation, and to sum
 * over all of them each time would cost as much as the rest of the creation. Used by the validating webhook.
 */
import * as labels from "#api/labels.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { podRequests } from "#machinery/pod.ts";
import { milliOf } from "#machinery/quantity.ts";

/** Amounts in thousandths, by resource name. */
export type Amounts = ReadonlyMap<string, bigint>;

interface Share {
  readonly creator: string;
  readonly amounts: Amounts;
}

/** How long an admitted ShadowPod that never shows up, because its creation failed later on, is counted. */
const RESERVED_MS = 10_000;

export class QuotaUsage {
  /** By namespace and name of the ShadowPod; finished ones hold nothing any more. */
  readonly #shares = new Map<string, Share>();
  readonly #totals = new Map<string, Map<string, bigint>>();
  /** Admitted, not seen yet: when, the oldest first. */
  readonly #reserved = new Map<string, number>();

  /** The watch shows the ShadowPod, new or changed. */
  seen(shadow: ShadowPod): void {
    this.#set(formatKey(keyOf(shadow)), isFinished(shadow) ? undefined : shareOf(shadow));
  }

  gone(shadow: ShadowPod): void {
    this.#set(formatKey(keyOf(shadow)), undefined);
  }

  /** What the creator's ShadowPods hold, those admitted a moment ago included. */
  of(creator: string, nowMs: number): Amounts {
    this.#expire(nowMs);
    return this.#totals.get(creator) ?? new Map();
  }

  /** Counts a ShadowPod that has just been admitted, until the watch shows it. */
  reserve(key: ObjectKey, shadow: ShadowPod, nowMs: number): void {
    const name = formatKey(key);
    // One of that name is there already: this one will not come into being beside it.
    if (this.#shares.has(name) && !this.#reserved.has(name)) return;
    this.#set(name, shareOf(shadow));
    this.#reserved.set(name, nowMs);
  }

  #expire(nowMs: number): void {
    for (const [key, atMs] of this.#reserved) {
      if (nowMs - atMs <= RESERVED_MS) return;
      this.#set(key, undefined);
    }
  }

  #set(key: string, next: Share | undefined): void {
    this.#reserved.delete(key);
    const previous = this.#shares.get(key);
    if (previous !== undefined) this.#add(previous, -1n);
    if (next === undefined) this.#shares.delete(key);
    else {
      this.#shares.set(key, next);
      this.#add(next, 1n);
    }
  }

  #add({ creator, amounts }: Share, sign: 1n | -1n): void {
    const total = this.#totals.get(creator) ?? new Map<string, bigint>();
    this.#totals.set(creator, total);
    for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0n) + sign * amount);
  }
}

export function creatorOf({ metadata }: ShadowPod): string {
  return metadata?.labels?.[labels.CREATOR_USER] ?? "";
}

function isFinished({ status }: ShadowPod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function shareOf(shadow: ShadowPod): Share {
  const requests = Object.entries(podRequests(shadow.spec?.pod));
  return { creator: creatorOf(shadow), amounts: new Map(requests.map(([name, text]) => [name, milliOf(text)])) };
}
