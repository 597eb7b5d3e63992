/** Makes this host's policy routing equal to RouteConfigurations. Upstream: pkg/route/routeconfiguration_controller.go */
import type { RouteConfiguration } from "#api/networking/routeconfiguration.ts";
import type { Context } from "#base/context.ts";
import { formatKey, keyOf } from "#machinery/meta.ts";
import type { Applier } from "../configurations/agent.ts";
import { ipBatch, runJson, type Tools } from "../system/tools.ts";
import { type KernelRoute, type KernelRule, OUR_PROTOCOL, planRoutes } from "./plan.ts";
import type { TunnelWays } from "./spread.ts";

// A device or gateway that is not there yet comes within a second or two; upstream waits as long.
const RETRY_MS = 1_000;

export interface RouteApplierOptions {
  /** Of rules that name none. */
  readonly priority?: number;
  /** The tunnels as they are at the moment. */
  readonly ways?: () => TunnelWays;
}

export function routeApplier(tools: Tools, { priority, ways }: RouteApplierOptions = {}): Applier<RouteConfiguration> {
  return {
    name: "route",
    async apply(ctx, configurations) {
      const { commands, invalid } = planRoutes(configurations, ...(await readKernel(ctx, tools)), {
        ...(priority !== undefined && { priority }),
        ways: ways?.(),
      });
      const failures = await ipBatch(
        ctx,
        tools,
        commands.map(({ line }) => line),
      );
      const errors = new Map<string, string>(invalid);
      for (const { line, message } of failures) {
        const command = commands[line];
        if (command?.owner === undefined) ctx.log.debug("not removed", { command: command?.line, message });
        else errors.set(command.owner, `ip ${command.line}: ${message}`);
      }
      const failed = configurations.some((each) => errors.has(formatKey(keyOf(each))));
      return { errors, ...((failed || failures.length > 0) && { retryAfterMs: RETRY_MS }) };
    },
  };
}

async function readKernel(ctx: Context, tools: Tools): Promise<[KernelRule[], KernelRoute[]]> {
  const routes = ["ip", "-4", "-N", "-json", "route", "show", "table", "all", "proto", String(OUR_PROTOCOL)];
  return Promise.all([
    runJson<KernelRule>(ctx, tools, ["ip", "-4", "-N", "-json", "rule", "show"]),
    runJson<KernelRoute>(ctx, tools, routes),
  ]);
}
