/** `liqoctl uncordon tenant`. Upstream: pkg/liqoctl/uncordon */
import { command } from "../../command/command.ts";
import { changeCondition, tenantArgs, tenantFlags } from "../../tenant-condition.ts";

export const uncordonTenantCommand = command({
  path: ["uncordon", "tenant"],
  aliases: ["tenants"],
  summary: "At a provider: let a cordoned consumer have new resources again.",
  description: "Repeatable.",
  examples: ["liqoctl uncordon tenant milan"],
  args: tenantArgs,
  flags: tenantFlags,
  run: (ctx, env, given) =>
    changeCondition(ctx, env, given, {
      confirmed: undefined,
      to: "Active",
      from: ["Cordoned"],
      done: "uncordoned",
      otherwise: "`liqoctl activate tenant` lets it in again",
    }),
});
