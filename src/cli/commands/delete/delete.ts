/** `liqoctl delete`: single objects of a peering. Upstream: pkg/liqoctl/rest (delete.go of each) */
import { resourceSlices } from "#api/authentication/resourceslice.ts";
import { configurations } from "#api/networking/configuration.ts";
import { gatewayClients } from "#api/networking/gatewayclient.ts";
import { gatewayServers } from "#api/networking/gatewayserver.ts";
import { publicKeys } from "#api/networking/publickey.ts";
import { virtualNodes } from "#api/offloading/virtualnode.ts";
import { isReplica } from "#api/predicates.ts";
import type { Context } from "#base/context.ts";
import type { Resource } from "#machinery/gvk.ts";
import { type KubeObject, keyOf } from "#machinery/meta.ts";
import { requireRights } from "../../checks/rights.ts";
import type { Cluster } from "../../cluster.ts";
import { argument } from "../../command/argument.ts";
import { namesOfKind } from "../../command/candidates.ts";
import { type Command, command } from "../../command/command.ts";
import { openScope, scopeFlags } from "../../command/flag-groups.ts";
import { CliError } from "../../errors.ts";
import { findNamed } from "../../named-object.ts";

interface Deletable {
  readonly resource: Resource<KubeObject>;
  readonly noun: string;
  readonly aliases: readonly string[];
  /** What its end means. */
  readonly effect: string;
}

const KINDS: readonly Deletable[] = [
  {
    resource: configurations,
    noun: "configuration",
    aliases: ["configurations"],
    effect: "The CIDRs of the peer lose their places; a tunnel to it carries nothing any more.",
  },
  {
    resource: gatewayServers,
    noun: "gatewayserver",
    aliases: ["gatewayservers", "server", "servers", "gws"],
    effect: "Its tunnel ends.",
  },
  {
    resource: gatewayClients,
    noun: "gatewayclient",
    aliases: ["gatewayclients", "client", "clients", "gwc"],
    effect: "Its tunnel ends.",
  },
  {
    resource: publicKeys,
    noun: "publickey",
    aliases: ["publickeys", "publickeies"],
    effect: "The gateway no longer accepts the peer.",
  },
  {
    resource: resourceSlices,
    noun: "resourceslice",
    aliases: ["resourceslices", "rs"],
    effect: "Its virtual node goes, when it was made of it: its pods come home.",
  },
  {
    resource: virtualNodes,
    noun: "virtualnode",
    aliases: ["vn"],
    effect: "Its pods come home, then the node goes. A slice that asks for a virtual node makes it anew.",
  },
];

export const deleteCommands: readonly Command[] = KINDS.map(({ resource, noun, aliases, effect }) =>
  command({
    path: ["delete", noun],
    aliases,
    summary: `Delete a ${resource.kind}.`,
    description: `${effect} Does not wait for what it is made of.`,
    examples: [`liqoctl delete ${noun} rome`],
    args: { name: argument.one(`name of the ${resource.kind}`, namesOfKind(resource)) },
    flags: scopeFlags,
    async run(ctx, env, { args, flags }) {
      using cluster = openScope(flags, env);
      const found = await findNamed(ctx, cluster, resource, { name: args.name, namespace: flags.namespace });
      const { namespace } = keyOf(found);
      if (isReplica(found))
        throw new CliError(`${resource.kind} ${namespace}/${args.name} is what a consumer asks this cluster for`, {
          hint: "it would come back: delete it at the consumer, or `liqoctl drain tenant` here",
        });
      await requireRights(ctx, cluster, [{ verb: "delete", resource, ...(namespace !== undefined && { namespace }) }]);
      await cluster.client.deleteObserved(ctx, resource, found);
      env.printer.success("local", await outcomeOf(ctx, cluster, resource, found));
    },
  }),
);

async function outcomeOf(
  ctx: Context,
  { client }: Cluster,
  resource: Resource<KubeObject>,
  deleted: KubeObject,
): Promise<string> {
  const what = `${resource.kind} ${deleted.metadata?.name}`;
  const left = await client.find(ctx, resource, keyOf(deleted));
  return left === undefined || left.metadata?.uid !== deleted.metadata?.uid
    ? `${what} deleted`
    : `${what} is being deleted: it goes when what was made of it is gone`;
}
