/** `liqoctl info` and `liqoctl info peer`. Upstream: cmd/liqoctl/cmd/info.go */
import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { collectInfo, formatInfo, getPath } from "#cli/commands/info/info.ts";
import { collectPeers, formatPeers } from "#cli/commands/info/peer-details.ts";
import type { LiqoctlEnvironment } from "./environment.ts";
import { examples, type Flags, openLocal, text, withCluster } from "./flags.ts";

export function addInfo(program: Command, env: LiqoctlEnvironment): void {
  const info = withOutput(program.command("info"))
    .description("Show the state of Liqo and of its peerings.")
    // `info peer` has the same flags: those after it are its own.
    .enablePositionalOptions()
    .addHelpText("after", examples("liqoctl info", "liqoctl info -o json", "liqoctl info --get clusterid"))
    .action(async (flags: Flags) => {
      using cluster = openLocal(flags, env);
      const all = await collectInfo(env.ctx, cluster);
      env.printer.print(shown(all, all, flags, () => formatInfo(all)));
    });
  withOutput(info.command("peer"))
    .argument("[ids...]", "cluster ids; none: all peers")
    .description("Show peerings in detail: network, authentication, offloading.")
    .addHelpText(
      "after",
      examples("liqoctl info peer", "liqoctl info peer rome", "liqoctl info peer rome --get network.gateway.address"),
    )
    .action(async (ids: string[], own: Flags) => {
      const flags = { ...own, ...givenTo(info) };
      using cluster = openLocal(flags, env);
      const peers = await collectPeers(env.ctx, cluster, ids);
      const details = Object.values(peers);
      // With one peer its id may be left out of the path.
      const [only] = details.length === 1 && !startsWithId(flags, peers) ? details : [];
      env.printer.print(shown(peers, only ?? peers, flags, () => formatPeers(peers)));
    });
}

function withOutput(command: Command): Command {
  return withCluster(command)
    .addOption(new Option("-o, --output <format>", "machine-readable output").choices(["json", "yaml"]))
    .option("-g, --get <path>", "a single value, such as local.clusterID");
}

/** Flags that stood before `peer`. */
function givenTo(command: Command): Flags {
  const given = Object.entries(command.opts<Flags>()).filter(([name]) => command.getOptionValueSource(name) === "cli");
  return Object.fromEntries(given);
}

function startsWithId(flags: Flags, peers: object): boolean {
  const [first = ""] = (text(flags, "get") ?? "").split(".");
  return Object.keys(peers).some((id) => id.toLowerCase() === first.toLowerCase());
}

function shown(all: unknown, root: unknown, flags: Flags, format: () => string): string {
  const path = text(flags, "get");
  if (path !== undefined) {
    const value = getPath(root, path);
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
  if (flags["output"] === "json") return JSON.stringify(all, undefined, 2);
  return flags["output"] === "yaml" ? stringify(all).trimEnd() : format();
}
