/** Exponential back-off with jitter. Defaults follow client-go's watch reconnects: 0.8 s … 30 s in production, less at first. */
export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Share of the delay that is random, 0…1. */
  readonly jitter?: number;
  /** 0…1. Default: Math.random. */
  readonly random?: () => number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The delay before the next try; grows with each call until `reset`. */
  nextMs(): number {
    const { baseMs, maxMs, jitter = 0.2, random = Math.random } = this.#options;
    const delay = Math.min(maxMs, baseMs * 2 ** this.#failures);
    if (delay < maxMs) this.#failures++;
    return delay * (1 - jitter * random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
