/** `liqoctl drain tenant`. Upstream: pkg/liqoctl/drain */
import { clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { openScope } from "../../command/flag-groups.ts";
import { planOf } from "../../plan/model.ts";
import { planDraining } from "../../plan/unpeering.ts";
import { sideFacts } from "../../plan/unpeering-facts.ts";
import {
  type Change,
  changeCondition,
  conditionOf,
  findChangeable,
  tenantArgs,
  tenantFlags,
} from "../../tenant-condition.ts";

const DRAIN: Change = {
  confirmed: "drain tenant",
  to: "Drained",
  from: ["Active", "Cordoned"],
  done: "drained",
  otherwise: "nothing is to be done",
};

export const drainTenantCommand = command({
  path: ["drain", "tenant"],
  aliases: ["tenants"],
  summary: "At a provider: take from a consumer all that it has.",
  description:
    "Its rights, its ResourceSlices and its namespaces here go, with the pods in them; it may ask for nothing more until `liqoctl activate tenant`. Repeatable.",
  examples: ["liqoctl drain tenant milan"],
  args: tenantArgs,
  flags: tenantFlags,
  async plan(ctx, env, { args, flags }) {
    using cluster = openScope(flags, env);
    const tenant = await findChangeable(ctx, cluster, args.name, DRAIN);
    const { clusterID: peerId = "" } = tenant.spec ?? {};
    const side = { scope: "local", cluster, peerId, namespace: tenant.metadata?.namespace ?? "" } as const;
    const facts = await sideFacts(ctx, side, await clusterIdOf(ctx, cluster));
    return planOf(env.commandLine, [planDraining(facts, tenant, conditionOf(tenant) === DRAIN.to)]);
  },
  run: (ctx, env, given) => changeCondition(ctx, env, given, DRAIN),
});
