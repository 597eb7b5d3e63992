/**
 * What everything that waits receives first: a cancellation signal, a logger, where to count and trace, nothing else.
 * Modelled on Go's context.Context and logr.FromContext.
 */
import { type Clock, systemClock } from "./clock.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Tracer } from "./tracing/tracer.ts";

export interface Context {
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Where work is counted. Default: nobody looks. */
  readonly metrics?: Metrics;
  /** Where work is told of, step by step. Default: nobody traces. */
  readonly tracer?: Tracer;
}

/** A context derived from `parent` that `cancel` ends; it ends with the parent too. */
export function withCancel(parent: Context): { ctx: Context; cancel: () => void } {
  const controller = new AbortController();
  const signal = AbortSignal.any([parent.signal, controller.signal]);
  return { ctx: { ...parent, signal }, cancel: () => controller.abort() };
}

/** A context that ends with the parent or after `timeoutMs`, whichever comes first. */
export function withTimeout(parent: Context, timeoutMs: number): Context {
  return { ...parent, signal: AbortSignal.any([parent.signal, AbortSignal.timeout(timeoutMs)]) };
}

/** Resolves after `ms`, or at once when the context ends; never rejects. */
export function sleep(ctx: { readonly signal: AbortSignal }, ms: number, clock: Clock = systemClock): Promise<void> {
  if (ctx.signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      ctx.signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    ctx.signal.addEventListener("abort", done, { once: true });
  });
}
