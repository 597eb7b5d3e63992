/**
 * What each consumer uses of its Quota, kept as running totals: a ShadowPod is asked about on every creation, and to sum
 * over all of them each time would cost as much as the rest of the creation. Used by the validating webhook.
 */
import * as labels from "#api/labels.ts";
import type { ShadowPod } from "#api/offloading/shadow.ts";
import { formatKey, keyOf, type ObjectKey } from "#machinery/meta.ts";
import { isTerminal } from "#machinery/pod.ts";
import { type Amounts, demandOf } from "./demand.ts";

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
    this.#set(formatKey(keyOf(shadow)), isTerminal(shadow) ? undefined : shareOf(shadow));
  }

  gone(shadow: ShadowPod): void {
    this.#set(formatKey(keyOf(shadow)), undefined);
    this.#set(grownOf(keyOf(shadow)), undefined);
  }

  /** What the creator's ShadowPods hold, those admitted a moment ago included. */
  of(creator: string, nowMs: number): Amounts {
    this.#expire(nowMs);
    return this.#totals.get(creator) ?? new Map();
  }

  /** Counts a ShadowPod that has just been admitted, until the watch shows it. */
  reserve(key: ObjectKey, shadow: ShadowPod, nowMs: number): void {
    const own = formatKey(key);
    const share = shareOf(shadow);
    const present = this.#shares.get(own);
    // One of that name is there already: this one will not come into being beside it.
    if (present !== undefined && !this.#reserved.has(own)) return;
    // Of two creations of one name it is open which succeeds: whoever made them, none counts for less because of the other.
    const isOthers = present !== undefined && present.creator !== share.creator;
    const name = isOthers ? `${own} ${share.creator}` : own;
    const amounts = maxAmounts(this.#shares.get(name)?.amounts, share.amounts);
    this.#set(name, { creator: share.creator, amounts });
    this.#reserved.set(name, nowMs);
  }

  /**
   * Counts what a ShadowPod will be larger by. For as long as a reservation lasts it may count twice: a watch that shows the
   * ShadowPod may still show it as it was before.
   */
  reserveGrowth(key: ObjectKey, next: ShadowPod, previous: ShadowPod, nowMs: number): void {
    const [before, after] = [demandOf(previous.spec?.pod), demandOf(next.spec?.pod)];
    const name = grownOf(key);
    const reserved = this.#shares.get(name)?.amounts;
    const amounts = [...after].flatMap(([resource, amount]): [string, bigint][] => {
      const more = amount - (before.get(resource) ?? 0n);
      return more > 0n ? [[resource, more + (reserved?.get(resource) ?? 0n)]] : [];
    });
    if (amounts.length === 0) return;
    this.#set(name, { creator: creatorOf(previous), amounts: new Map(amounts) });
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

function grownOf(key: ObjectKey): string {
  return `${formatKey(key)} grown`;
}

function shareOf(shadow: ShadowPod): Share {
  return { creator: creatorOf(shadow), amounts: demandOf(shadow.spec?.pod) };
}

function maxAmounts(a: Amounts | undefined, b: Amounts): Amounts {
  const all = new Map(a);
  for (const [name, amount] of b) if (amount > (all.get(name) ?? 0n)) all.set(name, amount);
  return all;
}
