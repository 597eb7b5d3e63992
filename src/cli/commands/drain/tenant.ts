/** `liqoctl drain tenant`. Upstream: pkg/liqoctl/drain */
import { command } from "../../command/command.ts";
import { changeCondition, tenantArgs, tenantFlags } from "../../tenant-condition.ts";

export const drainTenantCommand = command({
  path: ["drain", "tenant"],
  aliases: ["tenants"],
  summary: "At a provider: take from a consumer all that it has.",
  description:
    "Its rights, its ResourceSlices and its namespaces here go, with the pods in them; it may ask for nothing more until `liqoctl activate tenant`. Repeatable.",
  examples: ["liqoctl drain tenant milan"],
  args: tenantArgs,
  flags: tenantFlags,
  run: (ctx, env, given) =>
    changeCondition(ctx, env, given, {
      confirmed: "drain tenant",
      to: "Drained",
      from: ["Active", "Cordoned"],
      done: "drained",
      otherwise: "nothing is to be done",
    }),
});
