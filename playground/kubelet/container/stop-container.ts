/** Ends one container: preStop hook, its stop signal, and SIGKILL when the grace period is over. Kubernetes: pkg/kubelet/kuberuntime (killContainer) */
import type { Container, LifecycleHandler } from "kubernetes-types/core/v1";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { checkHttp } from "../probe/check.ts";
import type { Runtime } from "../runtime/container.ts";
import { execToEnd } from "../runtime/exec.ts";

export interface StopTarget {
  readonly runtime: Runtime;
  readonly id: string;
  readonly container: Container;
  readonly podIp: string;
  readonly signal: string;
  /** When SIGKILL is due, in ms since the epoch; may come nearer while we wait. */
  readonly deadlineMs: () => number;
}

// pkg/kubelet/kuberuntime: minimumGracePeriodInSeconds, granted even when the hook has used everything up.
const MINIMUM_GRACE_MS = 2000;
const POLL_MS = 50;

/** Resolves when the container has ended, or has been sent SIGKILL. */
export async function stopContainer(ctx: Context, target: StopTarget): Promise<void> {
  const { container, runtime, id } = target;
  const hook = container.lifecycle?.preStop;
  const hadTime = target.deadlineMs() > Date.now();
  if (hook !== undefined && hadTime) {
    const failure = await runHook(ctx, target, hook, Math.max(0, target.deadlineMs() - Date.now()));
    if (failure !== undefined) ctx.log.warn("preStop hook failed", { container: container.name, error: failure });
  }
  const leastMs = hook !== undefined && hadTime ? Date.now() + MINIMUM_GRACE_MS : 0;
  await runtime.signal(ctx, id, target.signal);
  while (runtime.findExit(id) === undefined && Date.now() < Math.max(leastMs, target.deadlineMs())) {
    if (ctx.signal.aborted) return;
    await sleep(ctx, POLL_MS);
  }
  if (runtime.findExit(id) === undefined) await runtime.signal(ctx, id, "SIGKILL");
}

/** What went wrong, or undefined. */
export async function runHook(
  ctx: Context,
  target: Pick<StopTarget, "runtime" | "id" | "container" | "podIp">,
  hook: LifecycleHandler,
  timeoutMs: number,
): Promise<string | undefined> {
  try {
    if (hook.exec !== undefined) {
      const command = hook.exec.command ?? [];
      const { code, output, timedOut } = await execToEnd(target.runtime, target.id, command, timeoutMs);
      if (timedOut) return `command '${command.join(" ")}' did not end within ${timeoutMs / 1000} s`;
      return code === 0 ? undefined : `command '${command.join(" ")}' exited with ${code}: ${output}`;
    }
    if (hook.httpGet !== undefined) {
      const result = await checkHttp(hook.httpGet, target, timeoutMs);
      return result.ok ? undefined : result.why;
    }
    const pause = "sleep" in hook ? (hook.sleep as { seconds?: number }).seconds : undefined;
    if (pause !== undefined) await sleep(ctx, Math.min(timeoutMs, pause * 1000));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
