/** Waiting that anybody may end early: what rings between `reset` and `wait` is not missed. */
import type { Clock } from "./clock.ts";
import { type Context, sleep, withCancel } from "./context.ts";

export class Alarm {
  readonly #clock: Clock;
  #hasRung = false;
  #end: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What has rung until now is known. */
  reset(): void {
    this.#hasRung = false;
  }

  ring(): void {
    this.#hasRung = true;
    this.#end();
  }

  /** Resolves after that time, when it rings, or when the context ends; at once when it has rung since `reset`. */
  async wait(ctx: Context, ms: number): Promise<void> {
    if (this.#hasRung) return;
    const { ctx: waiting, cancel } = withCancel(ctx);
    this.#end = cancel;
    await sleep(waiting, ms, this.#clock);
    this.#end = () => undefined;
  }
}
