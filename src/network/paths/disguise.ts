/**
 * What gives the packets that a node measures with the address of one of its pods, and takes it back from the answers: rules
 * for pods, at nodes and gateways, must see a pod's. Only packets to the peer's gateway, from ports that the node uses for
 * nothing else. Pure but for what runs nft. As `liqoctl trace` does.
 */
import type { Context } from "#base/context.ts";
import type { Tools } from "../system/tools.ts";
import type { PathTarget } from "./plan.ts";

const TABLE = "liqo-paths";
/** Before connections are tracked. */
const DISGUISE = -310;
/** After that of the connection was translated back, before it is decided where to. */
const UNDISGUISE = -50;
/**
 * Above those that Linux gives away by itself. Each round takes the next one: the kernel decides with the first packet of a
 * connection how all others are translated, and would not notice that a table is gone. Longer than it remembers.
 */
const FIRST_PORT = 61_440;
const PORTS = 128;

export function portOf(round: number): number {
  return FIRST_PORT + (round % PORTS);
}

export interface Disguise {
  /** This node's, to which answers come back. */
  readonly local: string;
  readonly pod: string;
  readonly targets: readonly Pick<PathTarget, "address" | "port">[];
}

/** In place of what there was. A packet is never cut, whatever this machine remembers of the path. */
function renderDisguise(disguise: Disguise | undefined): string {
  const head = `table ip ${TABLE}\ndelete table ip ${TABLE}\n`;
  if (disguise === undefined) return head;
  const { local, pod, targets } = disguise;
  const ports = `${FIRST_PORT}-${FIRST_PORT + PORTS - 1}`;
  const out = targets.map(
    ({ address, port }) =>
      `    ip saddr ${local} ip daddr ${address} udp sport ${ports} udp dport ${port} ip frag-off set 0x4000 ip saddr set ${pod}`,
  );
  const back = targets.map(
    ({ address, port }) =>
      `    ip saddr ${address} ip daddr ${pod} udp sport ${port} udp dport ${ports} ip daddr set ${local}`,
  );
  return `${head}table ip ${TABLE} {
  chain disguise {
    type route hook output priority ${DISGUISE}; policy accept;
${out.join("\n")}
  }
  chain undisguise {
    type filter hook prerouting priority ${UNDISGUISE}; policy accept;
${back.join("\n")}
  }
}
`;
}

export async function applyDisguise(ctx: Context, tools: Tools, disguise: Disguise | undefined): Promise<void> {
  await tools.run(ctx, ["nft", "-f", "-"], renderDisguise(disguise));
}
