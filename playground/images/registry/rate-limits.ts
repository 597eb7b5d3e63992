/** Which repositories want no requests, and until when: they are not asked before. */
import type { Clock } from "#base/clock.ts";
import { isRegistryError, RegistryError } from "./registry-error.ts";

// Somebody may have paid meanwhile, or the machine may have another address.
const MOST_WAIT_MS = 600_000;

export class RateLimits {
  readonly #clock: Clock;
  readonly #told = new Map<string, { readonly untilMs: number; readonly message: string }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Asks unless it is too early, which throws what the registry said. `who` is the repository, and whose credentials. */
  async ask<T>(who: string, ask: () => Promise<T>): Promise<T> {
    const told = this.#told.get(who);
    const leftMs = (told?.untilMs ?? 0) - this.#clock.nowMs();
    if (told !== undefined && leftMs > 0)
      throw new RegistryError("rate-limited", later(told.message, leftMs), { retryAfterMs: leftMs });
    this.#told.delete(who);
    try {
      return await ask();
    } catch (error) {
      if (!isRegistryError(error, "rate-limited") || error.retryAfterMs === undefined) throw error;
      const { message } = error;
      const retryAfterMs = Math.min(error.retryAfterMs, MOST_WAIT_MS);
      this.#told.set(who, { message, untilMs: this.#clock.nowMs() + retryAfterMs });
      throw new RegistryError("rate-limited", later(message, retryAfterMs), { retryAfterMs });
    }
  }
}

function later(message: string, leftMs: number): string {
  return `${message} (not asked again for ${Math.ceil(leftMs / 1000)} s, as it wants)`;
}
