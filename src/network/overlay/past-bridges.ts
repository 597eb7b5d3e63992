/**
 * What a node sends to a gateway that is behind a bridge of its own goes straight to the gateway's port. A bridge as a device
 * takes no packets that are long and encapsulated: the kernel cuts them up and sums them before, which costs a third of the
 * throughput between clusters; the port takes them whole. Measured in docs/performance.md. Not in upstream.
 */
import type { Context } from "#base/context.ts";
import { messageOf } from "#base/errors.ts";
import { Loop } from "../system/loop.ts";
import type { Machine } from "../system/machine.ts";
import { runJson, type Tools } from "../system/tools.ts";

/** Neighbours and ports are not told of. */
const RESYNC_MS = 10_000;
const TABLE = "liqo-past-bridges";
const LINK_NAME = /^[^\s/:"\\]{1,15}$/;

/** As `ip -json neigh` prints it. */
export interface Neighbour {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
}

/** As `bridge -json fdb` prints it. */
export interface BridgeEntry {
  readonly mac: string;
  /** The port. */
  readonly ifname: string;
  readonly master?: string;
}

export interface PastBridge {
  readonly bridge: string;
  readonly remote: string;
  readonly port: string;
}

/** The ports of those remotes that are behind a bridge, as far as they are known. */
export function findPorts(
  remotes: readonly string[],
  bridges: readonly string[],
  { neighbours, entries }: { readonly neighbours: readonly Neighbour[]; readonly entries: readonly BridgeEntry[] },
): PastBridge[] {
  return [...new Set(remotes)].toSorted().flatMap((remote) => {
    const found = neighbours.find(({ dst, dev, lladdr }) => dst === remote && bridges.includes(dev) && lladdr);
    const entry = entries.find(
      ({ mac, master, ifname }) => mac === found?.lladdr && master === found?.dev && ifname !== master,
    );
    if (found === undefined || entry === undefined) return [];
    return [found.dev, entry.ifname].every((name) => LINK_NAME.test(name))
      ? [{ bridge: found.dev, remote, port: entry.ifname }]
      : [];
  });
}

/** In place of what there was. */
export function renderPastBridges(ways: readonly PastBridge[], udpPort: number): string {
  const head = `table netdev ${TABLE}\ndelete table netdev ${TABLE}\n`;
  if (ways.length === 0) return head;
  const chains = [...Map.groupBy(ways, ({ bridge }) => bridge)].map(([bridge, own], at) => {
    const rules = own.map(
      ({ remote, port }) => `    ip daddr ${remote} udp dport ${udpPort} ip frag-off & 0x3fff == 0 fwd to "${port}"`,
    );
    const hook = `    type filter hook egress device "${bridge}" priority 0; policy accept;`;
    return [`  chain bridge-${at} {`, hook, ...rules, "  }"].join("\n");
  });
  return `${head}table netdev ${TABLE} {\n${chains.join("\n")}\n}\n`;
}

export class PastBridges {
  readonly loop: Loop;
  #remotes: readonly string[] = [];
  /** Nothing is to be removed. */
  #isClear = false;

  constructor({ tools, clock }: Machine, udpPort: number) {
    this.loop = new Loop({
      name: "past-bridges",
      resyncMs: RESYNC_MS,
      clock,
      pass: async (ctx) => {
        await this.#pass(ctx, tools, udpPort);
        return {};
      },
    });
  }

  /** Underlay addresses of gateways. */
  follow(remotes: readonly string[]): void {
    if (String(remotes) === String(this.#remotes)) return;
    this.#remotes = remotes;
    this.loop.trigger();
  }

  async #pass(ctx: Context, tools: Tools, udpPort: number): Promise<void> {
    const links = await runJson<{ ifname: string }>(ctx, tools, ["ip", "-json", "link", "show", "type", "bridge"]);
    const bridges = links.map(({ ifname }) => ifname);
    const isAny = this.#remotes.length > 0 && bridges.length > 0;
    if (!isAny && this.#isClear) return;
    try {
      const ways = isAny ? findPorts(this.#remotes, bridges, await readKernel(ctx, tools)) : [];
      if (ways.length > 0 || !this.#isClear) await tools.run(ctx, ["nft", "-f", "-"], renderPastBridges(ways, udpPort));
      this.#isClear = ways.length === 0;
    } catch (error) {
      // Before Linux 5.16 there is no such hook; packets go the way they always went.
      ctx.log.debug("overlay packets pass bridges in pieces", { error: messageOf(error) });
    }
  }
}

async function readKernel(
  ctx: Context,
  tools: Tools,
): Promise<{ readonly neighbours: Neighbour[]; readonly entries: BridgeEntry[] }> {
  return {
    neighbours: await runJson<Neighbour>(ctx, tools, ["ip", "-4", "-json", "neigh", "show"]),
    entries: await runJson<BridgeEntry>(ctx, tools, ["bridge", "-json", "fdb", "show"]),
  };
}

export async function removePastBridges(ctx: Context, tools: Tools): Promise<void> {
  // A kernel that knows no such tables has none.
  await tools.run(ctx, ["nft", "-f", "-"], renderPastBridges([], 0)).catch(() => undefined);
}
