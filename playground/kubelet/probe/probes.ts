/**
 * The probes of one pod's containers and what they say at the moment.
 * Kubernetes: pkg/kubelet/prober (worker.go, results_manager.go)
 */
import type { Container, Probe } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep, withCancel } from "#base/context.ts";
import { type CheckResult, type CheckTarget, check } from "./check.ts";

export type ProbeKind = "startup" | "readiness" | "liveness";

export interface ProbeHooks {
  readonly onChange: () => void;
  /** For the event `Unhealthy`. */
  readonly onFailure: (container: Container, kind: ProbeKind, why: string) => void;
}

interface Running {
  readonly id: string;
  readonly cancel: () => void;
  started: boolean;
  ready: boolean;
  unhealthy: boolean;
}

// Until its first success a readiness or startup probe is repeated sooner than its period, without counting the failures:
// a server that listens after 300 ms need not wait for the next period of 10 s.
const EAGER_FIRST_MS = 100;

export class PodProbes implements Disposable {
  readonly #ctx: Context;
  readonly #clock: Clock;
  readonly #hooks: ProbeHooks;
  readonly #running = new Map<string, Running>();

  constructor(ctx: Context, clock: Clock, hooks: ProbeHooks) {
    this.#ctx = ctx;
    this.#clock = clock;
    this.#hooks = hooks;
  }

  [Symbol.dispose](): void {
    for (const name of [...this.#running.keys()]) this.stop(name);
  }

  isStarted(container: string): boolean {
    return this.#running.get(container)?.started ?? false;
  }

  isReady(container: string): boolean {
    return this.#running.get(container)?.ready ?? false;
  }

  isUnhealthy(container: string): boolean {
    return this.#running.get(container)?.unhealthy ?? false;
  }

  /** Begins probing the instance `id`; nothing happens when it is being probed already. */
  start(id: string, startedAtMs: number, target: CheckTarget): void {
    const { container } = target;
    if (this.#running.get(container.name)?.id === id) return;
    this.stop(container.name);
    const { ctx, cancel } = withCancel(this.#ctx);
    const state: Running = {
      id,
      cancel,
      started: container.startupProbe === undefined,
      ready: container.readinessProbe === undefined,
      unhealthy: false,
    };
    this.#running.set(container.name, state);
    void this.#run(ctx, state, startedAtMs, target);
  }

  /** No more probes; what they said last stands until the container has ended. */
  pause(container: string): void {
    this.#running.get(container)?.cancel();
  }

  stop(container: string): void {
    this.#running.get(container)?.cancel();
    this.#running.delete(container);
  }

  async #run(ctx: Context, state: Running, startedAtMs: number, target: CheckTarget): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = target.container;
    if (startupProbe !== undefined) {
      await this.#loop(ctx, "startup", startupProbe, startedAtMs, target, (ok) => {
        if (ok) state.started = true;
        else state.unhealthy = true;
        return true;
      });
    }
    if (!state.started) return;
    const readiness = this.#loop(ctx, "readiness", readinessProbe, startedAtMs, target, (ok) => {
      state.ready = ok;
      return false;
    });
    const liveness = this.#loop(ctx, "liveness", livenessProbe, startedAtMs, target, (ok) => {
      state.unhealthy = !ok;
      return !ok;
    });
    await Promise.all([readiness, liveness]);
  }

  /** Probes until `decide`, called whenever a threshold is reached with a new verdict, returns true. */
  async #loop(
    ctx: Context,
    kind: ProbeKind,
    probe: Probe | undefined,
    startedAtMs: number,
    target: CheckTarget,
    decide: (ok: boolean) => boolean,
  ): Promise<void> {
    if (probe === undefined) return;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const needed = { true: probe.successThreshold ?? 1, false: probe.failureThreshold ?? 3 };
    let verdict: boolean | undefined = kind === "liveness" ? true : kind === "readiness" ? false : undefined;
    let run = { ok: true, count: 0 };
    const firstMs = startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000;
    await sleep(ctx, Math.max(0, firstMs - this.#clock.epochMs()), this.#clock);
    while (!ctx.signal.aborted) {
      const nextMs = this.#clock.nowMs() + periodMs;
      const eager = kind !== "liveness" && verdict !== true && run.count === 0;
      const result = await (eager ? this.#eagerly(ctx, probe, target, nextMs) : check(probe, target));
      if (ctx.signal.aborted) return;
      run = { ok: result.ok, count: run.ok === result.ok ? run.count + 1 : 1 };
      if (!result.ok) this.#hooks.onFailure(target.container, kind, result.why);
      if (run.count >= needed[`${result.ok}`] && verdict !== result.ok) {
        verdict = result.ok;
        const isLast = decide(result.ok);
        this.#hooks.onChange();
        if (isLast) return;
      }
      await sleep(ctx, Math.max(0, nextMs - this.#clock.nowMs()), this.#clock);
    }
  }

  async #eagerly(ctx: Context, probe: Probe, target: CheckTarget, untilMs: number): Promise<CheckResult> {
    let delayMs = EAGER_FIRST_MS;
    for (;;) {
      const result = await check(probe, target);
      if (result.ok || this.#clock.nowMs() + delayMs >= untilMs) return result;
      await sleep(ctx, delayMs, this.#clock);
      if (ctx.signal.aborted) return result;
      delayMs *= 1.5;
    }
  }
}
