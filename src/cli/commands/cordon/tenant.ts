/** `liqoctl cordon tenant`. Upstream: pkg/liqoctl/cordon */
import { command } from "../../command/command.ts";
import { changeCondition, tenantArgs, tenantFlags } from "../../tenant-condition.ts";

export const cordonTenantCommand = command({
  path: ["cordon", "tenant"],
  aliases: ["tenants"],
  summary: "At a provider: give a consumer nothing new.",
  description: "What it has stays, and its pods run on; new ones, and new ResourceSlices, are denied. Repeatable.",
  examples: ["liqoctl cordon tenant milan"],
  args: tenantArgs,
  flags: tenantFlags,
  run: (ctx, env, given) =>
    changeCondition(ctx, env, given, {
      confirmed: "cordon tenant",
      to: "Cordoned",
      from: ["Active"],
      done: "cordoned",
      otherwise: "`liqoctl activate tenant` first: a drained tenant has nothing to keep",
    }),
});
