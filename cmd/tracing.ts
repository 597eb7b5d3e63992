/** Whether a program traces, by OpenTelemetry's environment variables. */
import { messageOf } from "#base/errors.ts";
import { tracingSettings } from "#base/tracing/settings.ts";
import { Tracer } from "#base/tracing/tracer.ts";
import { VERSION } from "#base/version.ts";
import type { MainContext } from "./process.ts";

/** undefined: nothing is traced. What cannot be understood is told, and nothing is traced either: the work goes on. */
export function startTracing(
  ctx: MainContext,
  component: string,
  clusterId: string,
  env: Readonly<Record<string, string | undefined>>,
): Tracer | undefined {
  try {
    const settings = tracingSettings(env);
    if (settings === undefined) return undefined;
    const own = { "service.name": component, "service.version": VERSION, "liqo.cluster_id": clusterId };
    const pod = env["POD_NAME"] === undefined ? {} : { "service.instance.id": env["POD_NAME"] };
    ctx.log.info("traces", { collector: settings.url.host });
    return new Tracer(ctx, { ...settings, resource: { ...own, ...pod, ...settings.resource } });
  } catch (error) {
    ctx.log.warn("nothing is traced", { error: messageOf(error) });
    return undefined;
  }
}
