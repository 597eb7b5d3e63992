/**
 * Answers for pods that are gone. What comes through the tunnel and has no route to a pod would leave by the gateway's
 * default route, and the kernel's complaint about it would go to a pod of this cluster: with equal pod CIDRs that has the
 * sender's address. So the gateway refuses such packets itself and sends the refusal back through the tunnel; a client
 * then tries again at once instead of waiting for minutes. Not in upstream.
 * What comes from nodes goes through the tunnel or nowhere: its address is translated already, and while there is no tunnel it
 * would reach a pod of this cluster that has the same, or this gateway itself, whose kernel would refuse it.
 */
import type { Context } from "#base/context.ts";
import { LINK_PREFIX } from "../overlay/plan.ts";
import type { TunnelWays } from "../route/spread.ts";
import { Loop, type LoopResult } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { ipBatch, runJson, type Tools } from "../system/tools.ts";
import { TUNNEL_LINK, TUNNEL_LINKS } from "../wireguard/addresses.ts";

/** Name of the pod's own link, as CNI gives it. */
const POD_LINK = "eth0";
/** Of what goes into the tunnel, whatever its address: answers of this gateway. No configuration counts that far, it numbers nodes. */
export const TUNNEL_MARK = 0x4c510000;
/** Routing table with the way through the tunnel, and the rule that leads there, before all of the configurations'. */
const TABLE = 0x4c51;
const PRIORITY = 100;
const RESYNC_MS = 60_000;

/** `ways`: into the tunnel, or into one of several. */
export function refusalLoop({ tools, clock }: Machine, ways: () => Ways): Loop {
  return new Loop({ name: "refusal", resyncMs: RESYNC_MS, clock, pass: (ctx) => ensureRefusal(ctx, tools, ways()) });
}

type Ways = Pick<TunnelWays, "peer" | "group">;

async function ensureRefusal(ctx: Context, tools: Tools, { peer, group }: Ways): Promise<LoopResult> {
  const links = await runJson<{ ifname: string }>(ctx, tools, ["ip", "-json", "link", "show"]);
  // Its making triggers the next pass.
  if (!links.some(({ ifname }) => ifname === TUNNEL_LINK)) return {};
  const rules = await runJson(ctx, tools, ["ip", "-json", "rule", "show", "priority", String(PRIORITY)]);
  const [failure] = await ipBatch(ctx, tools, [
    `route replace default ${group === undefined ? `via ${peer} dev ${TUNNEL_LINK}` : `nhid ${group}`} table ${TABLE}`,
    ...(rules.length > 0 ? [] : [`rule add priority ${PRIORITY} fwmark ${TUNNEL_MARK} lookup ${TABLE}`]),
  ]);
  if (failure !== undefined) throw new Error(`route refusals: ${failure.message}`);
  await tools.run(ctx, ["nft", "-f", "-"], refusalRules());
  return {};
}

function refusalRules(): string {
  return `table ip liqo-refusal
delete table ip liqo-refusal
table ip liqo-refusal {
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname "${TUNNEL_LINKS}" oifname "${POD_LINK}" meta mark set ${TUNNEL_MARK} jump refuse
    iifname "${LINK_PREFIX}*" oifname "${POD_LINK}" drop
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "${LINK_PREFIX}*" ct status dnat drop
  }
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject with icmp type host-unreachable
  }
}
`;
}
