/**
 * A gateway's own address is also that of some pod of the other cluster when both use the same pod CIDR. The kernel asks
 * its table of local addresses first and drops what seems to come from itself, so that pod could neither be reached nor
 * heard. Here the local table is asked after the configurations' rules, which say by interface what is for whom.
 * What seems to come from itself is let in by accept_local (system/sysctl.ts). Not in upstream.
 */
import type { Context } from "#base/context.ts";
import { ipBatch, runJson, type Tools } from "../system/tools.ts";

/** From here on are the configurations' rules that name no priority. The kernel's own choice depends on what is there already. */
export const RULE_PRIORITY = 200;
/** Before the main table (32766). */
const LOCAL_PRIORITY = 32_765;
const KERNEL_PRIORITY = 0;

/** Repeatable; the new rule is there before the old one goes. */
export async function shareOwnAddress(ctx: Context, tools: Tools): Promise<void> {
  const rules = await runJson<{ priority: number }>(ctx, tools, ["ip", "-4", "-json", "rule", "show"]);
  const has = (priority: number): boolean => rules.some((rule) => rule.priority === priority);
  const [failure] = await ipBatch(ctx, tools, [
    ...(has(LOCAL_PRIORITY) ? [] : [`rule add priority ${LOCAL_PRIORITY} lookup local`]),
    ...(has(KERNEL_PRIORITY) ? [`rule del priority ${KERNEL_PRIORITY} lookup local`] : []),
  ]);
  if (failure !== undefined) throw new Error(`move the rule of the local table: ${failure.message}`);
}
