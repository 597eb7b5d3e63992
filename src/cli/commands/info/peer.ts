/** `liqoctl info peer`. Upstream: pkg/liqoctl/info/peer */
import { systemClock } from "#base/clock.ts";
import { argument } from "../../command/argument.ts";
import { peerIds } from "../../command/candidates.ts";
import { command } from "../../command/command.ts";
import { openLocal } from "../../command/flag-groups.ts";
import { formatAs, infoFlags } from "./output.ts";
import { collectPeers, formatPeers } from "./peer-details.ts";

export const infoPeerCommand = command({
  path: ["info", "peer"],
  summary: "Show peerings in detail: network, authentication, offloading.",
  examples: ["liqoctl info peer", "liqoctl info peer rome", "liqoctl info peer rome --get network.gateway.address"],
  args: { ids: argument.any("cluster ids; none: all peers", peerIds) },
  flags: infoFlags,
  async run(ctx, env, { args, flags }) {
    using cluster = openLocal(flags, env);
    const peers = await collectPeers(ctx, cluster, args.ids);
    const root = rootOf(peers, flags.get);
    env.printer.print(formatAs(flags, { all: peers, root, format: () => formatPeers(peers, systemClock.epochMs()) }));
  },
});

/** Where a path begins: with one peer its id may be left out. */
export function rootOf(peers: Readonly<Record<string, unknown>>, path = ""): unknown {
  const [first = ""] = path.split(".");
  const startsWithId = Object.keys(peers).some((id) => id.toLowerCase() === first.toLowerCase());
  const [only, ...others] = Object.values(peers);
  return only === undefined || others.length > 0 || startsWithId ? peers : only;
}
