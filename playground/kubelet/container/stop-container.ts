/** Ends one container: preStop hook, its stop signal, and SIGKILL when the grace period is over. Kubernetes: pkg/kubelet/kuberuntime (killContainer) */
import type { Container } from "kubernetes-types/core/v1";
import type { Alarm } from "#base/alarm.ts";
import type { Clock } from "#base/clock.ts";
import type { Context } from "#base/context.ts";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import { runHook } from "./hook.ts";

export interface StopTarget {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly id: string;
  readonly container: Container;
  readonly podIp: string;
  readonly signal: string;
  /** When SIGKILL is due, in ms of the clock's monotonic time; may come nearer while we wait. */
  readonly deadlineMs: () => number;
  /** Rings when the container may have ended, or the deadline come nearer. */
  readonly alarm: Alarm;
}

// pkg/kubelet/kuberuntime: minimumGracePeriodInSeconds, granted even when the hook has used everything up.
const MINIMUM_GRACE_MS = 2000;
// For an exit that nobody tells of.
const POLL_MS = 500;

/** Resolves when the container has ended, or has been sent SIGKILL. */
export async function stopContainer(ctx: Context, target: StopTarget): Promise<void> {
  const { container, runtime, id, clock, alarm } = target;
  const hook = container.lifecycle?.preStop;
  const leftMs = target.deadlineMs() - clock.nowMs();
  const runsHook = hook !== undefined && leftMs > 0;
  if (runsHook) {
    const failure = await runHook(ctx, target, hook, leftMs);
    if (failure !== undefined) ctx.log.warn("preStop hook failed", { container: container.name, error: failure });
  }
  const leastMs = runsHook ? clock.nowMs() + MINIMUM_GRACE_MS : 0;
  await runtime.signal(ctx, id, target.signal);
  for (;;) {
    alarm.reset();
    if (ctx.signal.aborted || runtime.findExit(id) !== undefined) return;
    const graceMs = Math.max(leastMs, target.deadlineMs()) - clock.nowMs();
    if (graceMs <= 0) return runtime.signal(ctx, id, "SIGKILL");
    await alarm.wait(ctx, Math.min(POLL_MS, graceMs));
  }
}
