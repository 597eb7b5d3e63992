/** `liqoctl generate configuration`: this cluster's CIDRs, for a peer. Upstream: pkg/liqoctl/rest/configuration/generate.go */
import { configurations } from "#api/networking/configuration.ts";
import { forgeConfiguration } from "#forge/networking/configuration.ts";
import { clusterIdOf } from "../../cluster.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { openScope } from "../../command/flag-groups.ts";
import { ownCidrs } from "../../peering/network/configuration.ts";
import { formatObject } from "../../printer/object.ts";
import { generateFlags } from "./flags.ts";

export const generateConfigurationCommand = command({
  path: ["generate", "configuration"],
  aliases: ["config", "configurations"],
  summary: "Print what a peer must know of this cluster's CIDRs, to be applied there.",
  description: "It has to lie in the tenant namespace that the peer keeps for this cluster.",
  examples: [
    "liqoctl generate configuration --context milan | kubectl --context rome apply -n liqo-tenant-milan -f -",
    "liqoctl generate configuration -n liqo-tenant-milan -o json",
  ],
  flags: {
    ...generateFlags,
    namespace: flag.string("namespace in the other cluster (default: left to whoever applies it)", "name", {
      short: "n",
    }),
  },
  async run(ctx, env, { flags }) {
    using cluster = openScope(flags, env);
    const id = await clusterIdOf(ctx, cluster);
    const object = forgeConfiguration(id, flags.namespace, id, await ownCidrs(ctx, cluster, id));
    env.printer.print(formatObject(cluster.client.complete(configurations, object), flags.output));
  },
});
