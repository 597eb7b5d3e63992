/**
 * What probes of the tunnel's MTU need of the kernel. They may be longer than the tunnel's interface allows at the moment, so
 * they have a route of their own, with the bound as its MTU; WireGuard takes such packets. And while a probe is on its way
 * through this kernel, what WireGuard sends must not be fragmented: other packets may be, so that a path that gets narrower
 * costs speed only until it is measured. Not in upstream.
 */
import type { Context } from "#base/context.ts";
import { Loop } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { ipBatch, runJson, type Tools } from "../system/tools.ts";
import { TUNNEL_LINK } from "../wireguard/addresses.ts";

/** Routing table of probes, and the rule that leads there, before all of the configurations'. */
const TABLE = 0x4c52;
const PRIORITY = 101;
const RESYNC_MS = 60_000;
/** A probe may wait for a processor before it is encrypted. */
const WINDOW_MS = 500;

export interface ProbePathOptions {
  /** Address of the tunnel's other end. */
  readonly peer: string;
  /** Of probes. */
  readonly sourcePort: number;
  /** The longest. */
  readonly bound: number;
  /** How nftables tells what WireGuard sends: `udp dport 51840`. */
  readonly carrier: string;
}

export class ProbePath {
  readonly loop: Loop;
  #isSet = false;

  constructor({ tools, clock }: Machine, options: ProbePathOptions) {
    this.loop = new Loop({
      name: "probe-path",
      resyncMs: RESYNC_MS,
      clock,
      pass: async (ctx) => {
        try {
          this.#isSet = await ensurePath(ctx, tools, options);
        } catch (error) {
          this.#isSet = false;
          throw error;
        }
        return {};
      },
    });
  }

  /** Without it a probe that is too long would be fragmented and arrive. */
  get isSet(): boolean {
    return this.#isSet;
  }
}

/** Resolves to whether there is a tunnel. */
async function ensurePath(ctx: Context, tools: Tools, options: ProbePathOptions): Promise<boolean> {
  const links = await runJson<{ ifname: string }>(ctx, tools, ["ip", "-json", "link", "show"]);
  // Its making triggers the next pass.
  if (!links.some(({ ifname }) => ifname === TUNNEL_LINK)) return false;
  const rules = await runJson(ctx, tools, ["ip", "-json", "rule", "show", "priority", String(PRIORITY)]);
  const { peer, sourcePort, bound } = options;
  // Those of the peer, which come in, have the same port.
  const match = `iif lo ipproto udp sport ${sourcePort}`;
  const [failure] = await ipBatch(ctx, tools, [
    // When the interface goes, its route goes.
    `route replace unreachable default table ${TABLE}`,
    `route replace ${peer} dev ${TUNNEL_LINK} mtu ${bound} table ${TABLE}`,
    ...(rules.length > 0 ? [] : [`rule add priority ${PRIORITY} ${match} lookup ${TABLE}`]),
  ]);
  if (failure !== undefined) throw new Error(`route probes of the MTU: ${failure.message}`);
  await tools.run(ctx, ["nft", "-f", "-"], rulesFor(options));
  return true;
}

/** A set that is not empty for a while after a probe; its element says nothing, both packets are UDP. */
function rulesFor({ sourcePort, carrier }: ProbePathOptions): string {
  return `table ip liqo-probes
delete table ip liqo-probes
table ip liqo-probes {
  set probing { type inet_proto; flags dynamic,timeout; timeout ${WINDOW_MS}ms; }
  chain output {
    type filter hook output priority filter; policy accept;
    oifname "${TUNNEL_LINK}" udp sport ${sourcePort} update @probing { ip protocol }
    oifname != "${TUNNEL_LINK}" ${carrier} ip protocol @probing ip frag-off set 0x4000
  }
}
`;
}
