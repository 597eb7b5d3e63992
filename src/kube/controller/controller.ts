/**
 * Runs a reconciler for the keys that informers report. Reconciling is level-based: the key says what to look at, never
 * what happened. Kubernetes: controller-runtime/pkg/reconcile, pkg/internal/controller
 */
import { type Clock, systemClock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import { isAborted, messageOf } from "#base/errors.ts";
import { Metrics } from "#base/metrics.ts";
import { formatKey, type KubeObject, keyOf, type ObjectKey, parseKey } from "#machinery/meta.ts";
import { isConflict } from "#machinery/status-error.ts";
import type { Informer } from "../informer/informer.ts";
import { queueMetrics } from "../queue/metrics.ts";
import { WorkQueue } from "../queue/work-queue.ts";
import { type ControllerMetrics, controllerMetrics, type Outcome } from "./metrics.ts";

export interface Result {
  /** Look again after this time even if nothing changes. */
  readonly requeueAfterMs?: number;
}

/** Returned by a reconciler that has nothing to wait for. */
export const DONE: Result = {};

/** A failure that retrying cannot mend: logged once, not queued again until the object changes. */
export class TerminalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TerminalError";
  }
}

/** Which keys a change of some object concerns. */
export interface Watch {
  start(enqueue: (key: ObjectKey) => void): { stop: () => void; synced: Promise<void> };
}

export interface Controller {
  /** `shadowpod`, `namespacemap`: for logs and metrics. */
  readonly name: string;
  readonly watches: readonly Watch[];
  /** How many keys are worked on at once. Default 1. */
  readonly workers?: number;
  /** Told how long after the change that asked for it a reconciliation has succeeded. */
  readonly settled?: (tookMs: number) => void;
  /** Throwing means: retry with back-off. */
  reconcile(ctx: Context, key: ObjectKey): Promise<Result>;
}

/** The objects of an informer themselves; `accepts` filters. */
export function watchFor<T extends KubeObject>(
  informer: Informer<T>,
  accepts: (object: T) => boolean = () => true,
): Watch {
  return watchMapped(informer, (object) => (accepts(object) ? [keyOf(object)] : []));
}

/** The objects that `keys` names for a changed object: owners, or whatever depends on it. */
export function watchMapped<T extends KubeObject>(
  informer: Informer<T>,
  keys: (object: T) => readonly ObjectKey[],
): Watch {
  return {
    start(enqueue) {
      const each = (object: T): void => keys(object).forEach(enqueue);
      const stop = informer.addHandler({
        added: each,
        updated: (object, previous) => {
          // A change can move an object out of the mapping: both ends must hear of it, and each once, or a worker that
          // has begun with the key does all of it again.
          const both = [...keys(previous), ...keys(object)];
          for (const key of new Map(both.map((key) => [formatKey(key), key])).values()) enqueue(key);
        },
        deleted: each,
      });
      return { stop, synced: informer.synced };
    },
  };
}

/** The controller owner of a changed object, when it is of `kind`. */
export function watchOwned<T extends KubeObject>(informer: Informer<T>, kind: string): Watch {
  return watchMapped(informer, ({ metadata }) =>
    (metadata?.ownerReferences ?? [])
      .filter((owner) => owner.controller === true && owner.kind === kind)
      .map(({ name }) => (metadata?.namespace === undefined ? { name } : { namespace: metadata.namespace, name })),
  );
}

/** A watch whose first list the controller does not wait for: the reconciler asks `isSynced` where it matters. */
export function watchUnsynced(watch: Watch): Watch {
  return {
    start(enqueue) {
      return { stop: watch.start(enqueue).stop, synced: Promise.resolve() };
    },
  };
}

/** Keys from anywhere else: `trigger` may be called at any time after the controller has started. */
export function watchManual(): Watch & { trigger: (key: ObjectKey) => void } {
  let enqueue: ((key: ObjectKey) => void) | undefined;
  return {
    trigger: (key) => enqueue?.(key),
    start(target) {
      enqueue = target;
      return {
        stop: () => {
          enqueue = undefined;
        },
        synced: Promise.resolve(),
      };
    },
  };
}

/** One key, once, when the controller starts: for what has to be done even if no object exists. */
export function watchStart(key: ObjectKey): Watch {
  return {
    start(enqueue) {
      enqueue(key);
      return { stop: () => undefined, synced: Promise.resolve() };
    },
  };
}

export interface RunOptions {
  readonly clock?: Clock;
}

/** Runs until the context ends. Work begins when all watched informers have their first list. */
export async function runController(ctx: Context, controller: Controller, options: RunOptions = {}): Promise<void> {
  const { name, workers = 1 } = controller;
  const { clock = systemClock } = options;
  const { metrics = new Metrics() } = ctx;
  const log = ctx.log.with({ controller: name });
  const queue = new WorkQueue({ metrics: queueMetrics(metrics, name), clock });
  using counted = controllerMetrics(metrics, name, workers);
  const started = controller.watches.map((watch) => watch.start((key) => queue.add(formatKey(key))));
  ctx.signal.addEventListener("abort", () => queue.close(), { once: true });
  if (ctx.signal.aborted) queue.close();
  await Promise.race([Promise.all(started.map(({ synced }) => synced)), aborted(ctx.signal)]);
  await Promise.all(
    Array.from({ length: workers }, () => runWorker({ ...ctx, log }, controller, { queue, counted, clock })),
  );
  for (const { stop } of started) stop();
}

interface Worked {
  readonly queue: WorkQueue;
  readonly counted: ControllerMetrics;
  readonly clock: Clock;
}

async function runWorker(ctx: Context, controller: Controller, { queue, counted, clock }: Worked): Promise<void> {
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    const begunMs = clock.nowMs();
    counted.begun();
    let outcome: Outcome = "success";
    try {
      const result = await controller.reconcile(ctx, parseKey(key));
      controller.settled?.(queue.ageMs(key));
      queue.forget(key);
      if (result.requeueAfterMs !== undefined) {
        outcome = "requeue_after";
        queue.addAfter(key, result.requeueAfterMs);
      }
    } catch (error) {
      if (ctx.signal.aborted && isAborted(error)) return;
      outcome = error instanceof TerminalError ? "terminal_error" : "error";
      logFailure(ctx, key, error);
      if (outcome === "error") queue.addRateLimited(key);
      else queue.forget(key);
    } finally {
      counted.ended(outcome, clock.nowMs() - begunMs);
      queue.done(key);
    }
  }
}

function logFailure(ctx: Context, key: string, error: unknown): void {
  // Conflicts are the normal outcome of optimistic locking, not news.
  if (isConflict(error)) ctx.log.debug("reconcile conflicted, will retry", { key, error: messageOf(error) });
  else ctx.log.warn("reconcile failed", { key, error: messageOf(error) });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
