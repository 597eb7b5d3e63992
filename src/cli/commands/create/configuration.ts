/** `liqoctl create configuration`: what this cluster must know of a peer's CIDRs. Upstream: pkg/liqoctl/rest/configuration */
import { configurations } from "#api/networking/configuration.ts";
import { parseCidr } from "#base/cidr.ts";
import { forgeConfiguration } from "#forge/networking/configuration.ts";
import { keyOf } from "#machinery/meta.ts";
import { waitFor } from "../../cluster.ts";
import { argument } from "../../command/argument.ts";
import { command } from "../../command/command.ts";
import { flag, InvalidValue } from "../../command/flag.ts";
import { openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { isConfigured } from "../../peering/network/configuration.ts";
import { peerScope } from "../../peering/peer-scope.ts";
import { createFlags, createObject, printWanted } from "./object.ts";

export const createConfigurationCommand = command({
  path: ["create", "configuration"],
  aliases: ["config", "configurations"],
  summary: "Tell this cluster of the CIDRs of a peer.",
  description:
    "As `liqoctl network connect` does for both clusters. `liqoctl generate configuration` at the peer prints the same with its CIDRs filled in. Repeatable.",
  examples: [
    "liqoctl create configuration rome --remote-cluster-id rome --pod-cidr 10.244.0.0/16 --external-cidr 10.70.0.0/16",
  ],
  args: { name: argument.one("name of the Configuration, mostly that of the peer") },
  flags: {
    ...createFlags,
    podCidr: flag.requiredOf("pod CIDR of the peer", "cidr", cidr, ""),
    externalCidr: flag.requiredOf("external CIDR of the peer", "cidr", cidr, ""),
    wait: flag.boolean("wait until the CIDRs have a place"),
    timeout: timeoutFlag("2m"),
  },
  async run(ctx, env, { args, flags }) {
    const remote = { pod: [flags.podCidr], external: [flags.externalCidr] };
    using cluster = openScope(flags, env);
    const scope = await peerScope(ctx, cluster, flags);
    const object = forgeConfiguration(scope.side.peerId, scope.side.namespace, args.name, remote);
    const wanted = { resource: configurations, object, isSingle: true };
    if (flags.output !== undefined) return printWanted(env.printer, scope, wanted, flags.output);
    await createObject(ctx, env.printer, scope, wanted);
    if (!flags.wait) return;
    await env.printer.step("local", "CIDRs have a place", () =>
      waitFor(ctx, cluster.client, configurations, keyOf(object), {
        until: isConfigured,
        timeoutMs: flags.timeout,
        what: "CIDRs not allocated",
      }),
    );
  },
});

function cidr(text: string): string {
  if (parseCidr(text) === undefined) throw new InvalidValue("must be an IPv4 CIDR such as 10.244.0.0/16");
  return text;
}
