/**
 * Whether all is set up that a packet needs on its way through this gateway. A replica is ready then: to take over is only to
 * begin.
 */

const STEPS = ["tables", "tunnel", "links", "routes"] as const;
export type Step = (typeof STEPS)[number];

export class Preparation {
  readonly #missing = new Set<Step>(STEPS);

  /** Routes count when tunnel and links, which they lead over, are there before. */
  done(step: Step): void {
    if (step !== "routes" || !(this.#missing.has("tunnel") || this.#missing.has("links"))) this.#missing.delete(step);
  }

  get isComplete(): boolean {
    return this.#missing.size === 0;
  }
}
