/** Runs a postStart or preStop hook. Kubernetes: pkg/kubelet/lifecycle/handlers.go */
import type { Container, LifecycleHandler } from "kubernetes-types/core/v1";
import type { Clock } from "#base/clock.ts";
import { type Context, sleep } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { checkHttp } from "../probe/check.ts";
import type { ContainerRuntime } from "../runtime/container-runtime.ts";
import { execToEnd } from "../runtime/exec.ts";

export interface HookTarget {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly id: string;
  readonly container: Container;
  readonly podIp: string;
}

/** What went wrong, or undefined. */
export async function runHook(
  ctx: Context,
  target: HookTarget,
  hook: LifecycleHandler,
  timeoutMs: number,
): Promise<string | undefined> {
  try {
    if (hook.exec !== undefined) {
      const command = hook.exec.command ?? [];
      const { code, output, timedOut } = await execToEnd(target, target.id, command, timeoutMs);
      if (timedOut) return `command '${command.join(" ")}' did not end within ${timeoutMs / 1000} s`;
      return code === 0 ? undefined : `command '${command.join(" ")}' exited with ${code}: ${output}`;
    }
    if (hook.httpGet !== undefined) {
      const result = await checkHttp(hook.httpGet, target, timeoutMs);
      return result.ok ? undefined : result.why;
    }
    const pause = "sleep" in hook ? (hook.sleep as { seconds?: number }).seconds : undefined;
    if (pause !== undefined) await sleep(ctx, Math.min(timeoutMs, pause * 1000), target.clock);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
