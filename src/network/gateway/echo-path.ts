/**
 * The way of echoes, which nodes of the other cluster send to this gateway's pod address: they end here, before the overlay,
 * so that each cluster measures its own half, and no NetworkPolicy of this one is in their way. What is answered goes back
 * through the tunnel, whoever else has the sender's address here. What nobody needs to ask from elsewhere is not heard.
 * Not in upstream.
 */
import type { Context } from "#base/context.ts";
import { Loop, type LoopResult } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { ipBatch, runJson, type Tools } from "../system/tools.ts";
import { TUNNEL_LINKS } from "../wireguard/addresses.ts";
import { TUNNEL_MARK } from "./refusal.ts";

/** Of echoes: they are for this gateway, whatever the rules of configurations say of its address. */
const MARK = 0x4c520000;
/** Before those rules. */
const PRIORITY = 102;
const RESYNC_MS = 60_000;

export interface EchoPathOptions {
  /** This gateway's. */
  readonly podIp: string;
  /** Of the connection check. */
  readonly port: number;
}

export function echoPathLoop({ tools, clock }: Machine, options: EchoPathOptions): Loop {
  return new Loop({
    name: "echo-path",
    resyncMs: RESYNC_MS,
    clock,
    pass: (ctx) => ensureEchoPath(ctx, tools, options),
  });
}

async function ensureEchoPath(ctx: Context, tools: Tools, options: EchoPathOptions): Promise<LoopResult> {
  const rules = await runJson(ctx, tools, ["ip", "-json", "rule", "show", "priority", String(PRIORITY)]);
  if (rules.length === 0) {
    const [failure] = await ipBatch(ctx, tools, [`rule add priority ${PRIORITY} fwmark ${MARK} lookup local`]);
    if (failure !== undefined) throw new Error(`route echoes: ${failure.message}`);
  }
  await tools.run(ctx, ["nft", "-f", "-"], rulesFor(options));
  return {};
}

/** The tunnel's own addresses are link-local: pings and their answers are left alone. */
function rulesFor({ podIp, port }: EchoPathOptions): string {
  return `table ip liqo-echo
delete table ip liqo-echo
table ip liqo-echo {
  chain prerouting {
    type filter hook prerouting priority -50; policy accept;
    iifname "${TUNNEL_LINKS}" ip daddr ${podIp} udp dport ${port} meta mark set ${MARK}
  }
  chain input {
    type filter hook input priority filter; policy accept;
    iifname != "${TUNNEL_LINKS}" udp dport ${port} drop
  }
  chain output {
    type route hook output priority filter; policy accept;
    ip daddr != 169.254.0.0/16 udp sport ${port} meta mark set ${TUNNEL_MARK}
  }
}
`;
}
