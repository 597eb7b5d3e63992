/** `liqoctl activate tenant`. Upstream: pkg/liqoctl/activate */
import { command } from "../../command/command.ts";
import { changeCondition, tenantArgs, tenantFlags } from "../../tenant-condition.ts";

export const activateTenantCommand = command({
  path: ["activate", "tenant"],
  aliases: ["tenants"],
  summary: "At a provider: let a consumer that was drained or cordoned in again.",
  description: "What it asks for comes anew from its own cluster. Repeatable.",
  examples: ["liqoctl activate tenant milan"],
  args: tenantArgs,
  flags: tenantFlags,
  run: (ctx, env, given) =>
    changeCondition(ctx, env, given, {
      confirmed: undefined,
      to: "Active",
      from: ["Cordoned", "Drained"],
      done: "activated",
      otherwise: "nothing is to be done",
    }),
});
