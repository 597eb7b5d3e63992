/**
 * A level-triggered loop: however often it is triggered, one pass at a time compares what should be with what is.
 * A pass that throws is repeated with back-off; a pass that asks for it is repeated after its own delay.
 */
import { Backoff } from "#base/backoff.ts";
import { type Clock, systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { sleep } from "#base/context.ts";
import { isAborted, messageOf } from "#base/errors.ts";
import { Metrics } from "#base/metrics.ts";
import { controllerMetrics, type Outcome } from "#kube/controller/metrics.ts";

export interface LoopResult {
  readonly retryAfterMs?: number | undefined;
}

export interface LoopOptions {
  readonly name: string;
  /** Runs even without a trigger, so that what nobody reports is mended too. */
  readonly resyncMs: number;
  readonly clock?: Clock;
  pass(ctx: Context): Promise<LoopResult>;
}

// Several objects change together when a peering is set up; one pass handles them all.
const GATHER_MS = 20;

export class Loop {
  readonly #options: LoopOptions;
  readonly #clock: Clock;
  #isPending = true;
  #wake: (() => void) | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  trigger(): void {
    this.#isPending = true;
    this.#wake?.();
  }

  /** Runs passes until the context ends; the first one at once. */
  async run(ctx: Context): Promise<void> {
    const log = ctx.log.with({ loop: this.#options.name });
    using counted = controllerMetrics(ctx.metrics ?? new Metrics(), this.#options.name, 1);
    const backoff = new Backoff({ baseMs: 250, maxMs: 10_000 });
    let waitMs = this.#options.resyncMs;
    while (!ctx.signal.aborted) {
      if (!this.#isPending) await this.#wait(ctx, waitMs);
      else await sleep(ctx, GATHER_MS, this.#clock);
      if (ctx.signal.aborted) return;
      this.#isPending = false;
      const begunMs = this.#clock.nowMs();
      let outcome: Outcome = "success";
      counted.begun();
      try {
        const { retryAfterMs } = await this.#options.pass({ ...ctx, log });
        if (retryAfterMs !== undefined) outcome = "requeue_after";
        waitMs = Math.min(retryAfterMs ?? this.#options.resyncMs, this.#options.resyncMs);
        backoff.reset();
      } catch (error) {
        if (ctx.signal.aborted && isAborted(error)) return;
        waitMs = backoff.nextMs();
        outcome = "error";
        log.warn("pass failed, will retry", { error: messageOf(error) });
      } finally {
        counted.ended(outcome, this.#clock.nowMs() - begunMs);
      }
    }
  }

  #wait(ctx: Context, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        ctx.signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      const cancel = this.#clock.after(ms, done);
      ctx.signal.addEventListener("abort", done, { once: true });
      this.#wake = done;
    });
  }
}
