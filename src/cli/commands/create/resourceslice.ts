/** `liqoctl create resourceslice`: resources asked of a provider. Upstream: pkg/liqoctl/rest/resourceslice */
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { forgeResourceSlice } from "#forge/authentication.ts";
import { argument } from "../../command/argument.ts";
import { command } from "../../command/command.ts";
import { flag } from "../../command/flag.ts";
import { openScope, timeoutFlag } from "../../command/flag-groups.ts";
import { resourceFlags, resourcesOf, waitForGrant } from "../../peering/offloading/slice.ts";
import { knownPeer } from "../../peering/peer-scope.ts";
import { table } from "../../printer/table.ts";
import { createFlags, createObject, printWanted } from "./object.ts";

export const createResourceSliceCommand = command({
  path: ["create", "resourceslice"],
  aliases: ["rs", "resourceslices"],
  summary: "Ask a provider for resources; a virtual node is made of them.",
  description:
    "The peer has to have let this cluster in: `liqoctl authenticate`. What is not asked for is what the provider gives by default. Repeatable: a slice of that name is changed.",
  examples: [
    "liqoctl create resourceslice rome --remote-cluster-id rome --cpu 4 --memory 8Gi --pods 30",
    "liqoctl create resourceslice gpus --remote-cluster-id rome --resource nvidia.com/gpu=2 --no-virtual-node",
  ],
  args: { name: argument.one("name of the ResourceSlice; the virtual node is called after it") },
  flags: {
    ...createFlags,
    class: flag.string("its class", "class", { initial: "default" }),
    ...resourceFlags,
    noVirtualNode: flag.boolean("make no virtual node: `liqoctl create virtualnode` does"),
    timeout: timeoutFlag("2m"),
  },
  async run(ctx, env, { args, flags }) {
    const resources = resourcesOf(flags);
    using cluster = openScope(flags, env);
    const side = await knownPeer(ctx, cluster, flags);
    const scope = { side, isKnown: true };
    const object = forgeResourceSlice({
      name: args.name,
      namespace: side.namespace,
      providerId: side.peerId,
      class: flags.class,
      resources,
      createVirtualNode: !flags.noVirtualNode,
    });
    const wanted = { resource: resourceSlices, object, isSingle: false };
    if (flags.output !== undefined) return printWanted(env.printer, scope, wanted, flags.output);
    await createObject(ctx, env.printer, scope, wanted);
    const { status } = await env.printer.step("local", "Provider has agreed", () =>
      waitForGrant(ctx, cluster, object, flags.timeout),
    );
    const granted = Object.entries(status?.resources ?? {}).map(([name, amount]) => [name, String(amount)]);
    if (granted.length > 0) env.printer.print(table(["RESOURCE", "GRANTED"], granted));
    else env.printer.info("local", `Who provides for the class ${flags.class} there grants resources in its own time`);
  },
});
