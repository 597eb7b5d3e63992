/** When a client that hears nothing begins its handshake anew; WireGuard alone waits five seconds between two tries. */
import { Backoff } from "#base/backoff.ts";

// The peer's gateway is usually just starting, or starting again.
const QUICK_TRIES = 20;
const QUICK_MS = 500;

export class SessionRestarts {
  #quickLeft = QUICK_TRIES;
  // Slower and slower: a round trip longer than the delay would otherwise never complete a handshake.
  readonly #backoff = new Backoff({ baseMs: 2_000, maxMs: 10_000 });
  #nextMs = 0;
  #isFirst = true;

  /** Asked while nothing is heard; the very first answer is no, since the first handshake may be under way. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#nextMs) return false;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#nextMs = nowMs + (this.#quickLeft-- > 0 ? QUICK_MS : this.#backoff.nextMs());
    return !isFirst;
  }

  /** The peer was heard. */
  reset(): void {
    this.#quickLeft = QUICK_TRIES;
    this.#backoff.reset();
    this.#nextMs = 0;
    this.#isFirst = false;
  }
}
